package io.somekv.sim.check;

import io.somekv.kv.ShardStatus;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/**
 * At any time one group at most owns a shard (DESIGN §7), each group judged by the furthest state
 * that any of its replicas has applied: that state is committed, and so it is the group's. A shard
 * that is suspended has its owner, and is served by nobody.
 */
final class OwnershipWatch {
    private static final class Group {
        long applied;
        BitSet owned = new BitSet();
        BitSet suspended = new BitSet();
    }

    private final TreeMap<Long, Group> groups = new TreeMap<>();

    /** A look at a group's shards on some node. */
    void observed(long groupId, long applied, List<ShardStatus> shards) {
        Group group = groups.computeIfAbsent(groupId, _ -> new Group());
        if (applied <= group.applied) {
            return;
        }
        group.applied = applied;
        BitSet owned = new BitSet();
        group.suspended.clear();
        for (ShardStatus shard : shards) {
            if (shard.serving()) {
                owned.set(shard.shard());
                group.suspended.set(shard.shard(), shard.isSuspended());
            }
        }
        if (!owned.equals(group.owned)) {
            group.owned = owned;
            groups.forEach((otherId, other) -> checkApart(groupId, group, otherId, other));
        }
    }

    private static void checkApart(long groupId, Group group, long otherId, Group other) {
        if (otherId != groupId && other.owned.intersects(group.owned)) {
            throw new Breach(
                    "groups "
                            + otherId
                            + " and "
                            + groupId
                            + " serve the same shard: "
                            + other.owned
                            + " and "
                            + group.owned);
        }
    }

    /** How many shards some group serves. */
    int served() {
        BitSet all = new BitSet();
        groups.values().forEach(group -> all.or(group.owned));
        groups.values().forEach(group -> all.andNot(group.suspended));
        return all.cardinality();
    }
}
