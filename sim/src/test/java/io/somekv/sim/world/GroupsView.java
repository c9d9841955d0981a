package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.kv.ShardStatus;
import io.somekv.kv.ShardView;
import io.somekv.kv.engine.EngineKey;
import io.somekv.node.GroupStatus;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.ReplicaStatus;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What can be seen of a store's groups from outside, of all nodes at once: who leads, who serves
 * which shard, and what is on the disks.
 */
public final class GroupsView {
    private final Scenario scenario;
    private final List<SimNode> nodes;

    GroupsView(Scenario scenario, List<SimNode> nodes) {
        this.scenario = scenario;
        this.nodes = nodes;
    }

    private Stream<GroupStatus> replicas(long group) {
        return nodes.stream()
                .flatMap(node -> node.lanes().stream().map(lane -> lane.status(node.now())))
                .flatMap(List::stream)
                .filter(status -> status.groupId() == group);
    }

    /** Node of the replica that leads the group in the latest term; 0 if none does. */
    public long leader(long group) {
        long leader = 0;
        long latest = 0;
        for (SimNode node : nodes) {
            for (var lane : node.lanes()) {
                for (GroupStatus status : lane.status(node.now())) {
                    ReplicaStatus replica = status.replica();
                    if (status.groupId() == group
                            && replica.role() == ReplicaStatus.Role.LEADER
                            && replica.term() > latest) {
                        leader = node.id();
                        latest = replica.term();
                    }
                }
            }
        }
        return leader;
    }

    /** As the replica has it that runs and has applied most. */
    public ShardView shards(long group) {
        return replicas(group)
                .max(Comparator.comparingLong(GroupStatus::applied))
                .map(GroupStatus::shards)
                .orElse(ShardView.EMPTY);
    }

    /** Shards that a group serves. */
    public SortedSet<Integer> serving(long group) {
        SortedSet<Integer> serving = new TreeSet<>();
        for (ShardStatus status : shards(group).states()) {
            if (status.serving() && !status.isSuspended()) {
                serving.add(status.shard());
            }
        }
        return serving;
    }

    /** Shards that a config gives to a group. */
    public static SortedSet<Integer> given(ShardConfig config, long group) {
        SortedSet<Integer> given = new TreeSet<>();
        for (int shard = 0; shard < config.shardCount(); shard++) {
            if (config.owner(shard) == group) {
                given.add(shard);
            }
        }
        return given;
    }

    /** Whether each group serves what the config gives it, and nothing else. */
    boolean isServed(ShardConfig config) {
        for (long group = 1; group <= scenario.dataGroups(); group++) {
            if (!serving(group).equals(given(config, group))) {
                return false;
            }
        }
        return true;
    }

    /** Whether no shard is on its way, and what was left behind of those that were is released. */
    boolean isAtRest() {
        for (long group = 1; group <= scenario.dataGroups(); group++) {
            ShardView shards = shards(group);
            if (!shards.outgoing().isEmpty() || !shards.incoming().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Shards of which a node, one with a single data group, has rows, whether it runs or not. */
    public SortedSet<Integer> held(long node) {
        SortedSet<Integer> held = new TreeSet<>();
        engine(node, (key, _) -> held.add(EngineKey.shard(key)));
        held.remove(EngineKey.GROUP);
        return held;
    }

    /** How many rows of a kind a node's store has. */
    public int rowsHeld(long node, int kind) {
        int[] rows = new int[1];
        engine(node, (key, _) -> rows[0] += EngineKey.kind(key) == kind ? 1 : 0);
        return rows[0];
    }

    /** All that a node's store holds. */
    public long bytesHeld(long node) {
        long[] bytes = new long[1];
        engine(node, (key, value) -> bytes[0] += key.size() + value.size());
        return bytes[0];
    }

    private interface Row {
        void see(Bytes key, Bytes value);
    }

    private void engine(long node, Row row) {
        WatchedEngine engine = nodes.get((int) node - 1).engine();
        for (long store : engine.stores()) {
            engine.scan(
                    EngineKey.firstOfStore(store),
                    EngineKey.firstOfStore(store + 1),
                    (key, value) -> {
                        row.see(key, value);
                        return true;
                    });
        }
    }
}
