/** The machine of group 0: clients, nodes, configs, and who should own which shard. */
@NullMarked
package io.somekv.kv.shardmaster;

import org.jspecify.annotations.NullMarked;
