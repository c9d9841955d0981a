package io.somekv.sim.check;

import io.somekv.kv.ShardStatus;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/**
 * At any time one group at most serves a shard (DESIGN §7), each group judged by the furthest state
 * that any of its replicas has applied: that state is committed, and so it is the group's.
 */
final class OwnershipWatch {
    private static final class Group {
        long applied;
        BitSet serving = new BitSet();
    }

    private final TreeMap<Long, Group> groups = new TreeMap<>();

    /** A look at a group's shards on some node. */
    void observed(long groupId, long applied, List<ShardStatus> shards) {
        Group group = groups.computeIfAbsent(groupId, _ -> new Group());
        if (applied <= group.applied) {
            return;
        }
        group.applied = applied;
        BitSet serving = new BitSet();
        for (ShardStatus shard : shards) {
            if (shard.serving()) {
                serving.set(shard.shard());
            }
        }
        if (serving.equals(group.serving)) {
            return;
        }
        group.serving = serving;
        groups.forEach((otherId, other) -> {
            if (otherId != groupId && other.serving.intersects(serving)) {
                throw new Breach(
                        "groups "
                                + otherId
                                + " and "
                                + groupId
                                + " serve the same shard: "
                                + other.serving
                                + " and "
                                + serving);
            }
        });
    }

    /** How many shards some group serves. */
    int served() {
        BitSet all = new BitSet();
        groups.values().forEach(group -> all.or(group.serving));
        return all.cardinality();
    }
}
