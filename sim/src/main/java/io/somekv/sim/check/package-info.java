/** What must hold, whatever happens: checkers of histories and watchers of running clusters. */
@NullMarked
package io.somekv.sim.check;

import org.jspecify.annotations.NullMarked;
