/** Searches of the states that small systems can get into, made of the store's real parts. */
@NullMarked
package io.somekv.sim.search;

import org.jspecify.annotations.NullMarked;
