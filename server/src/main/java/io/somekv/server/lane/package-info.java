/**
 * Lanes on threads (DESIGN §9): the loop that runs one, the thread that writes the shared log for
 * all of them.
 */
@NullMarked
package io.somekv.server.lane;

import org.jspecify.annotations.NullMarked;
