/**
 * Drills: three real server processes, real clients over RESP, real {@code kill -9}. What a client
 * was told must still be true afterwards.
 */
@NullMarked
package io.somekv.bench.drill;

import org.jspecify.annotations.NullMarked;
