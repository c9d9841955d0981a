/** The Redis protocol: its codec, and what each Redis command means here. */
@NullMarked
package io.somekv.protocol.resp;

import org.jspecify.annotations.NullMarked;
