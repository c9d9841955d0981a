package io.somekv.node;

import io.somekv.kv.caretaker.ClusterView;
import io.somekv.kv.shardmaster.CaretakerRegister;
import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.protocol.caretaker.LoadReport.GroupLoad;
import io.somekv.protocol.caretaker.LoadReport.ShardLoad;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the shard master's leader has heard of nodes, groups and shards since it leads. Nobody keeps
 * it: the next leader hears it all within a second, and counts silences anew.
 */
final class ClusterSight {
    /** A group of which its leader has told nothing for so long has none that is known. */
    private static final long LEADER_SILENT_NANOS_MAX = 5_000_000_000L;

    /** A longer silence makes a node one that has just come. */
    private static final long PRESENCE_GAP_NANOS_MAX = 5_000_000_000L;

    private final long sinceNanos;
    private final TreeMap<Long, HeardNode> nodes = new TreeMap<>();
    private final TreeMap<Long, HeardGroup> groups = new TreeMap<>();
    private final TreeMap<Integer, HeardShard> shards = new TreeMap<>();

    private static final class HeardNode {
        String zone = "";
        boolean hasRoom = true;
        long presentNanos;
        long heardNanos;
    }

    private record HeardGroup(GroupLoad load, long leaderNode, long heardNanos) {}

    private static final class HeardShard {
        long opsPerSecond;
        long bytes;

        /** By the config when last looked at. */
        long owner;

        /** Since when that is so, as far as this leadership has seen. */
        long ownedNanos;
    }

    ClusterSight(Now since) {
        this.sinceNanos = since.nanos();
    }

    long millisSince(Now now) {
        return (now.nanos() - sinceNanos) / 1_000_000;
    }

    void learn(Now now, long nodeId, LoadReport report) {
        HeardNode node = nodes.get(nodeId);
        if (node == null) {
            node = new HeardNode();
            node.presentNanos = now.nanos();
            nodes.put(nodeId, node);
        } else if (now.nanos() - node.heardNanos > PRESENCE_GAP_NANOS_MAX) {
            node.presentNanos = now.nanos();
        }
        node.heardNanos = now.nanos();
        node.zone = report.zone();
        node.hasRoom = report.hasRoom();
        for (GroupLoad group : report.groups()) {
            HeardGroup known = heard(now, group.groupId());
            if (known == null || known.load.term() <= group.term()) {
                groups.put(group.groupId(), new HeardGroup(group, nodeId, now.nanos()));
                group.shards().forEach(this::learn);
            }
        }
    }

    private void learn(ShardLoad load) {
        HeardShard shard = shards.computeIfAbsent(load.shard(), _ -> new HeardShard());
        shard.opsPerSecond = load.opsPerSecond();
        shard.bytes = load.bytes();
    }

    /** The leader of a group as it tells of itself; null where none has lately. */
    @Nullable GroupLoad fresh(Now now, long groupId) {
        HeardGroup heard = heard(now, groupId);
        return heard == null ? null : heard.load;
    }

    /** Where the leader of a group is; 0 where none has told lately. */
    long leaderNode(Now now, long groupId) {
        HeardGroup heard = heard(now, groupId);
        return heard == null ? 0 : heard.leaderNode;
    }

    private @Nullable HeardGroup heard(Now now, long groupId) {
        HeardGroup heard = groups.get(groupId);
        return heard != null && now.nanos() - heard.heardNanos <= LEADER_SILENT_NANOS_MAX
                ? heard
                : null;
    }

    ClusterView view(Now now, ClusterMap map, CaretakerRegister register) {
        List<ClusterView.Node> nodeViews = new ArrayList<>();
        for (NodeInfo node : map.nodes()) {
            nodeViews.add(node(now, node.nodeId(), register));
        }
        List<ClusterView.Group> groupViews = new ArrayList<>();
        groupViews.add(group(now, map.master(), false, register));
        for (GroupSpec group : map.config().groups()) {
            groupViews.add(group(now, group, false, register));
        }
        for (GroupSpec group : map.formerGroups()) {
            if (map.serves(group.groupId())) {
                groupViews.add(group(now, group, true, register));
            }
        }
        groupViews.sort(Comparator.comparingLong(ClusterView.Group::groupId));
        return new ClusterView(nodeViews, groupViews, shards(now, map, register));
    }

    private ClusterView.Node node(Now now, long nodeId, CaretakerRegister register) {
        HeardNode heard = nodes.get(nodeId);
        NodeUse.Kind use = register.useOf(nodeId);
        return heard == null
                ? new ClusterView.Node(nodeId, "", millisSince(now), 0, use, true)
                : new ClusterView.Node(
                        nodeId,
                        heard.zone,
                        (now.nanos() - heard.heardNanos) / 1_000_000,
                        (now.nanos() - heard.presentNanos) / 1_000_000,
                        use,
                        heard.hasRoom);
    }

    private ClusterView.Group group(
            Now now, GroupSpec spec, boolean isLeaving, CaretakerRegister register) {
        List<ClusterView.Replica> replicas = new ArrayList<>();
        GroupLoad load = fresh(now, spec.groupId());
        if (load == null) {
            spec.replicas().forEach(r -> replicas.add(new ClusterView.Replica(r.nodeId(), true)));
            return new ClusterView.Group(spec.groupId(), replicas, 0, 0, false, isLeaving);
        }
        load.voters().forEach(node -> replicas.add(new ClusterView.Replica(node, true)));
        load.learners().forEach(node -> replicas.add(new ClusterView.Replica(node, false)));
        return new ClusterView.Group(
                spec.groupId(),
                replicas,
                leaderNode(now, spec.groupId()),
                load.ledMillis(),
                load.isChanging() && !waitsForTheDead(now, load, register),
                isLeaving);
    }

    /** For one who is to vote and never will: that one must be given up first. */
    private boolean waitsForTheDead(Now now, GroupLoad load, CaretakerRegister register) {
        return load.learners().stream()
                .anyMatch(learner ->
                        node(now, learner, register).silentMillis()
                                >= register.settings().deadAfterMillis());
    }

    private List<ClusterView.Shard> shards(Now now, ClusterMap map, CaretakerRegister register) {
        List<ClusterView.Shard> views = new ArrayList<>();
        ShardConfig config = map.config();
        for (int number = 0; number < config.shardCount(); number++) {
            HeardShard shard = shards.computeIfAbsent(number, _ -> new HeardShard());
            long owner = config.owner(number);
            if (shard.owner != owner) {
                shard.owner = owner;
                shard.ownedNanos = now.nanos();
            }
            boolean isNew =
                    now.nanos() - shard.ownedNanos < register.settings().restMillis() * 1_000_000;
            views.add(
                    new ClusterView.Shard(
                            owner,
                            shard.opsPerSecond,
                            shard.bytes,
                            map.served(number).groupId() != owner,
                            isNew || register.isPinned(number)));
        }
        return views;
    }
}
