/** What the binary codecs of this module have in common. */
@NullMarked
package io.somekv.protocol.codec;

import org.jspecify.annotations.NullMarked;
