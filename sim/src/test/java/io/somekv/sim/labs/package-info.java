/** What the labs check of a replicated key/value store, on whole simulated clusters. */
@NullMarked
package io.somekv.sim.labs;

import org.jspecify.annotations.NullMarked;
