/** Clusters of hundreds of nodes as the caretaker sees them: where replicas and shards go. */
@NullMarked
package io.somekv.sim.caretaker;

import org.jspecify.annotations.NullMarked;
