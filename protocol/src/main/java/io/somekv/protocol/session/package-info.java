/** The bookkeeping of a client that must not be applied twice. */
@NullMarked
package io.somekv.protocol.session;

import org.jspecify.annotations.NullMarked;
