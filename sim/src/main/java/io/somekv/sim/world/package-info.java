/** The simulated world: time, network, disks, nodes, clients, and what goes wrong with them. */
@NullMarked
package io.somekv.sim.world;

import org.jspecify.annotations.NullMarked;
