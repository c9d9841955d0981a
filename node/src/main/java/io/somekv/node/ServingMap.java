package io.somekv.node;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.ShardConfig;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Who serves what, as one lane knows it: what clients that know of the cluster are shown (DESIGN
 * §7). It may be stale; a request that goes astray is redirected, or passed on.
 *
 * @param map the newest that is known
 * @param servingGroups by shard; {@link ShardConfig#UNASSIGNED} where no group has it
 * @param groups all that serve a shard, by id, ascending
 * @param upNodes those that are reached now, this one included
 */
public record ServingMap(
        ClusterMap map,
        List<Long> servingGroups,
        SequencedMap<Long, Replicas> groups,
        List<Long> upNodes) {
    /**
     * The nodes of a group.
     *
     * @param leader as far as known, or the node to ask first; 0 for a group of which nothing is
     *     known
     * @param isLeaderKnown whether that is more than a guess
     * @param followers in the order of their replicas
     */
    public record Replicas(long leader, boolean isLeaderKnown, List<Long> followers) {
        public Replicas {
            followers = List.copyOf(followers);
        }
    }

    public ServingMap {
        servingGroups = List.copyOf(servingGroups);
        groups = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(groups));
        upNodes = List.copyOf(upNodes);
    }

    /** The node to ask about a shard; 0 where no group has it. */
    public long leaderOf(int shard) {
        Replicas replicas = groups.get(servingGroups.get(shard));
        return replicas == null ? 0 : replicas.leader;
    }
}
