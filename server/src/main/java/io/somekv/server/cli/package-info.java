/** The commands of {@code somekv} that run a node, control a cluster, or use the store. */
@NullMarked
package io.somekv.server.cli;

import org.jspecify.annotations.NullMarked;
