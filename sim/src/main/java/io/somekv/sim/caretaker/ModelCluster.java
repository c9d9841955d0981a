package io.somekv.sim.caretaker;

import io.somekv.base.Invariant;
import io.somekv.kv.caretaker.ClusterView;
import io.somekv.kv.shardmaster.Rebalancer;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A cluster reduced to who has what: nodes in zones, groups with their replicas and leaders, shards
 * with their loads. Whatever is decided about it is done at once, or refused as a leader would.
 */
final class ModelCluster {
    private static final long LONG_AGO_MILLIS = 3_600_000;

    private final SplittableRandom random;
    private final int zoneCount;
    private final TreeMap<Long, Node> nodes = new TreeMap<>();
    private final TreeMap<Long, Group> groups = new TreeMap<>();
    private final List<Shard> shards = new ArrayList<>();
    private long lastNode;
    private long lastGroup;

    static final class Node {
        final long id;
        final String zone;
        boolean isDead;
        boolean isDraining;

        Node(long id, String zone) {
            this.id = id;
            this.zone = zone;
        }

        boolean takes() {
            return !isDead && !isDraining;
        }
    }

    static final class Group {
        final long id;

        /** Nodes of its replicas; the first is the leader's where that lives. */
        final List<Long> voters = new ArrayList<>();

        /** Nodes of those that only listen, each with that of the voter that it is to replace. */
        final TreeMap<Long, Long> learners = new TreeMap<>();

        long leader;

        Group(long id) {
            this.id = id;
        }
    }

    /** One shard; {@code ops} and {@code bytes} stay what they are. */
    static final class Shard {
        long group;
        final long ops;
        final long bytes;

        Shard(long group, long ops, long bytes) {
            this.group = group;
            this.ops = ops;
            this.bytes = bytes;
        }
    }

    /**
     * @param replicas of each group
     */
    record Size(int nodes, int zones, int groups, int shards, int replicas) {}

    /** Replicas, leaders and shards lie anywhere; one shard in sixty-four is hot. */
    ModelCluster(Size size, SplittableRandom random) {
        this.random = random;
        this.zoneCount = size.zones;
        for (int i = 0; i < size.nodes; i++) {
            joinNode();
        }
        for (int i = 0; i < size.groups; i++) {
            Group group = new Group(++lastGroup);
            List<Long> anywhere = new ArrayList<>(nodes.keySet());
            while (group.voters.size() < Math.min(size.replicas, size.nodes)) {
                group.voters.add(anywhere.remove(random.nextInt(anywhere.size())));
            }
            group.leader = group.voters.getFirst();
            groups.put(group.id, group);
        }
        for (int shard = 0; shard < size.shards; shard++) {
            long ops = random.nextInt(64) == 0 ? random.nextInt(20_000) : random.nextInt(200);
            shards.add(new Shard(ShardConfig.UNASSIGNED, ops, random.nextLong(1L << 28)));
        }
        rebalance();
    }

    /** As it looks at one moment: requests differ from the mean by up to {@code part} of it. */
    ClusterView wavering(SplittableRandom moment, double part) {
        ClusterView steady = view();
        List<ClusterView.Shard> seen =
                steady.shards().stream()
                        .map(shard ->
                                new ClusterView.Shard(
                                        shard.groupId(),
                                        Math.round(
                                                shard.opsPerSecond()
                                                        * (1 + moment.nextDouble(-part, part))),
                                        shard.bytes(),
                                        false,
                                        false))
                        .toList();
        return new ClusterView(steady.nodes(), steady.groups(), seen);
    }

    ClusterView view() {
        List<ClusterView.Node> seenNodes = new ArrayList<>();
        for (Node node : nodes.values()) {
            long silent = node.isDead ? LONG_AGO_MILLIS : 0;
            seenNodes.add(
                    new ClusterView.Node(
                            node.id,
                            node.zone,
                            silent,
                            LONG_AGO_MILLIS,
                            node.isDraining ? NodeUse.Kind.DRAINING : NodeUse.Kind.OPEN,
                            true));
        }
        List<ClusterView.Group> seenGroups = new ArrayList<>();
        for (Group group : groups.values()) {
            List<ClusterView.Replica> replicas = new ArrayList<>();
            group.voters.forEach(node -> replicas.add(new ClusterView.Replica(node, true)));
            group.learners
                    .keySet()
                    .forEach(node -> replicas.add(new ClusterView.Replica(node, false)));
            seenGroups.add(
                    new ClusterView.Group(
                            group.id, replicas, group.leader, LONG_AGO_MILLIS, false, false));
        }
        List<ClusterView.Shard> seenShards =
                shards.stream()
                        .map(s -> new ClusterView.Shard(s.group, s.ops, s.bytes, false, false))
                        .toList();
        return new ClusterView(seenNodes, seenGroups, seenShards);
    }

    // ---- what is decided

    void carryOut(Decision decision) {
        switch (decision) {
            case Decision.ReplaceReplica replace -> {
                Group group = group(replace.groupId());
                if (!group.learners.containsValue(replace.fromNode())) {
                    come(group, replace.toNode());
                    leave(group, replace.fromNode());
                    elect(group);
                }
            }
            case Decision.AddReplica add -> come(group(add.groupId()), add.toNode());
            case Decision.RemoveReplica remove -> {
                Group group = group(remove.groupId());
                if (group.learners.remove(remove.fromNode()) == null) {
                    leave(group, remove.fromNode());
                    elect(group);
                }
            }
            case Decision.HandOver over -> {
                Group group = group(over.groupId());
                Invariant.check(group.leader == over.fromNode(), "who leads hands over");
                Invariant.check(group.voters.contains(over.toNode()), "who votes may lead");
                Invariant.check(node(over.toNode()).takes(), "who leads lives");
                group.leader = over.toNode();
            }
            case Decision.MoveShard move -> {
                Shard shard = shards.get(move.shard());
                Invariant.check(shard.group == move.fromGroup(), "who owns it gives it");
                Invariant.check(groups.containsKey(move.toGroup()), "a group takes it");
                shard.group = move.toGroup();
            }
        }
    }

    private void leave(Group group, long node) {
        Invariant.check(group.voters.remove(node), "only what is there goes", group.id, node);
        Invariant.check(!group.voters.isEmpty(), "somebody stays", group.id, node);
    }

    private void come(Group group, long node) {
        Invariant.check(!group.voters.contains(node), "one replica a node", group.id, node);
        Invariant.check(node(node).takes(), "who dies or goes gets nothing", group.id, node);
        group.voters.add(node);
    }

    /** Anybody who lives, unless the leader does. */
    private void elect(Group group) {
        List<Long> alive = group.voters.stream().filter(n -> !node(n).isDead).toList();
        if (alive.size() * 2 <= group.voters.size()) {
            group.leader = 0;
        } else if (!alive.contains(group.leader)) {
            group.leader = alive.get(random.nextInt(alive.size()));
        }
    }

    // ---- what happens to it

    /** Returns the id of the new node. */
    long joinNode() {
        long id = ++lastNode;
        nodes.put(id, new Node(id, zoneCount == 0 ? "" : "z" + id % zoneCount));
        return id;
    }

    void drain(long nodeId) {
        node(nodeId).isDraining = true;
    }

    void kill(long nodeId) {
        node(nodeId).isDead = true;
        groups.values().forEach(this::elect);
    }

    /** Both die while the second was on its way to having what the first has. */
    void killWithSubstitute(long nodeId, long substitute) {
        for (Group group : groups.values()) {
            if (group.voters.contains(nodeId)) {
                group.learners.put(substitute, nodeId);
            }
        }
        kill(nodeId);
        kill(substitute);
    }

    /** A node without a replica goes. */
    void forget(long nodeId) {
        Invariant.check(replicasOn(nodeId) == 0, "a node that has replicas stays");
        Invariant.check(
                groups.values().stream().noneMatch(group -> group.learners.containsKey(nodeId)),
                "nobody waits for a node that goes");
        nodes.remove(nodeId);
    }

    /** A group of so many replicas on the emptiest nodes. */
    void joinGroup(int replicas) {
        Group group = new Group(++lastGroup);
        Map<Long, Integer> counts = replicaCounts();
        nodes.values().stream()
                .filter(Node::takes)
                .sorted(Comparator.comparingInt(node -> counts.get(node.id)))
                .limit(replicas)
                .forEach(node -> group.voters.add(node.id));
        group.leader = group.voters.getFirst();
        groups.put(group.id, group);
        rebalance();
    }

    /** Returns how many shards move. */
    int leaveGroup(long groupId) {
        groups.remove(groupId);
        return rebalance();
    }

    private int rebalance() {
        List<Long> owners = shards.stream().map(shard -> shard.group).toList();
        List<Long> next = Rebalancer.rebalance(new ArrayList<>(groups.keySet()), owners);
        int moved = 0;
        for (int shard = 0; shard < shards.size(); shard++) {
            moved += owners.get(shard).equals(next.get(shard)) ? 0 : 1;
            shards.get(shard).group = next.get(shard);
        }
        return moved;
    }

    // ---- what is to be seen of it

    List<Long> nodeIds() {
        return List.copyOf(nodes.keySet());
    }

    List<Long> groupIds() {
        return List.copyOf(groups.keySet());
    }

    List<Group> groups() {
        return List.copyOf(groups.values());
    }

    int shardCount() {
        return shards.size();
    }

    Node node(long id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw Invariant.unreachable("only nodes that are known are named");
        }
        return node;
    }

    private Group group(long id) {
        Group group = groups.get(id);
        if (group == null) {
            throw Invariant.unreachable("only groups that are known are named");
        }
        return group;
    }

    int replicasOn(long nodeId) {
        return Collections.frequency(
                groups.values().stream().flatMap(group -> group.voters.stream()).toList(), nodeId);
    }

    /** By node that lives and does not drain. */
    Map<Long, Integer> replicaCounts() {
        Map<Long, Integer> counts = countsOfNone();
        groups.values()
                .forEach(group ->
                        group.voters.forEach(
                                node -> counts.computeIfPresent(node, (_, n) -> n + 1)));
        return counts;
    }

    Map<Long, Integer> leaderCounts() {
        Map<Long, Integer> counts = countsOfNone();
        groups.values().forEach(group -> counts.computeIfPresent(group.leader, (_, n) -> n + 1));
        return counts;
    }

    private Map<Long, Integer> countsOfNone() {
        Map<Long, Integer> counts = new TreeMap<>();
        nodes.values().stream().filter(Node::takes).forEach(node -> counts.put(node.id, 0));
        return counts;
    }

    /** Requests a second by group. */
    Map<Long, Long> requests() {
        Map<Long, Long> requests = new TreeMap<>();
        groups.keySet().forEach(group -> requests.put(group, 0L));
        shards.forEach(shard -> requests.merge(shard.group, shard.ops, Long::sum));
        return requests;
    }

    long requestsOfHottestShard() {
        return shards.stream().mapToLong(shard -> shard.ops).max().orElse(0);
    }

    long shardsOf(long groupId) {
        return shards.stream().filter(shard -> shard.group == groupId).count();
    }

    /** In how many zones a group is. */
    int zonesOf(Group group) {
        TreeSet<String> zones = new TreeSet<>();
        group.voters.forEach(node -> zones.add(node(node).zone));
        return zones.size();
    }
}
