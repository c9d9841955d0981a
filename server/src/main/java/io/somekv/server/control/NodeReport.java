package io.somekv.server.control;

import io.somekv.node.GroupStatus;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;

/**
 * A node's account of itself.
 *
 * @param clusterId the cluster it is in; empty for none
 * @param groups those it hosts, ascending by id
 * @param digests of what groups have applied, by group id, where they were asked for
 * @param map the newest that it knows
 */
public record NodeReport(
        NodeInfo node,
        Optional<UUID> clusterId,
        List<GroupStatus> groups,
        SortedMap<Long, Long> digests,
        Optional<ClusterMap> map) {
    public NodeReport {
        groups = List.copyOf(groups);
    }
}
