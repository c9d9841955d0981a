/** The frames that clients and nodes exchange, and the codecs of everything in them. */
@NullMarked
package io.somekv.protocol.frame;

import org.jspecify.annotations.NullMarked;
