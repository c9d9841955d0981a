/** The frames that clients and nodes exchange, and their codec. */
@NullMarked
package io.somekv.protocol.frame;

import org.jspecify.annotations.NullMarked;
