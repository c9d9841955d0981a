/** The shard map and the nodes, as the shard master gives them out. */
@NullMarked
package io.somekv.protocol.config;

import org.jspecify.annotations.NullMarked;
