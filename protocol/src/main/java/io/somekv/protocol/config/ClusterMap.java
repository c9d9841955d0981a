package io.somekv.protocol.config;

import java.util.List;
import java.util.UUID;

/**
 * What a client or node needs to find its way.
 *
 * @param config the config asked for
 * @param master the shard master's own group
 * @param nodes all that are known, ascending by node id
 */
public record ClusterMap(
        UUID clusterId,
        GroupSettings settings,
        ShardConfig config,
        GroupSpec master,
        List<NodeInfo> nodes) {
    public ClusterMap {
        nodes = List.copyOf(nodes);
    }
}
