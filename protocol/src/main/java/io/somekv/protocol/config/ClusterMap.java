package io.somekv.protocol.config;

import java.util.List;
import java.util.UUID;

/**
 * What a client or node needs to find its way.
 *
 * @param config the config asked for
 * @param master the shard master's own group
 * @param nodes all that are known, ascending by node id
 * @param served who has served each shard last, by shard
 * @param formerGroups that left: some may still have shards, or rows of them
 * @param moves how shards may move
 */
public record ClusterMap(
        UUID clusterId,
        GroupSettings settings,
        ShardConfig config,
        GroupSpec master,
        List<NodeInfo> nodes,
        List<Served> served,
        List<GroupSpec> formerGroups,
        MoveSettings moves) {
    public ClusterMap {
        nodes = List.copyOf(nodes);
        served = List.copyOf(served);
        formerGroups = List.copyOf(formerGroups);
    }

    /** Whether a group has served a shard last, as far as is known. */
    public boolean serves(long groupId) {
        return served.stream().anyMatch(each -> each.groupId() == groupId);
    }

    /** Who has served the shard last; {@link Served#NOT_YET} for one that nobody knows of. */
    public Served served(int shard) {
        return shard >= 0 && shard < served.size() ? served.get(shard) : Served.NOT_YET;
    }
}
