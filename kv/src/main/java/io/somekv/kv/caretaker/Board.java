package io.somekv.kv.caretaker;

import io.somekv.base.Invariant;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.NodeUse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as it will be once everything that was decided so far is done: decisions of one round
 * must not count on the same room twice.
 */
final class Board {
    /** Heard of within this time, a node is up; silent for longer it gets nothing new. */
    static final long UP_MILLIS_MAX = 3_000;

    /** Fewest replicas first: who gets the next one. */
    static final Comparator<Node> EMPTIEST =
            Comparator.<Node>comparingInt(node -> node.replicas.size())
                    .thenComparingLong(node -> node.bytes)
                    .thenComparingLong(Node::id);

    private final CaretakerSettings settings;
    private final TreeMap<Long, Node> nodes = new TreeMap<>();
    private final TreeMap<Long, Group> groups = new TreeMap<>();

    /** By shard; null for one that no group is to own. */
    private final List<@Nullable Group> owners;

    /** A node, and what is on it. */
    static final class Node {
        final ClusterView.Node view;

        /** Heard of just now. */
        final boolean isUp;

        /** Silent for so long that it counts as lost. */
        final boolean isDead;

        final List<Group> replicas = new ArrayList<>();
        final List<Group> led = new ArrayList<>();

        /** Of all its replicas. */
        long bytes;

        private Node(ClusterView.Node view, CaretakerSettings settings) {
            this.view = view;
            this.isUp = view.silentMillis() <= UP_MILLIS_MAX;
            this.isDead = view.silentMillis() >= settings.deadAfterMillis();
        }

        long id() {
            return view.nodeId();
        }

        String zone() {
            return view.zone();
        }

        /** Whether the caretaker leaves what is on it to somebody else. */
        boolean isClosed() {
            return view.use() == NodeUse.Kind.CLOSED;
        }

        /** Whether it may get replicas and leaders. */
        boolean takes() {
            return isUp && view.use() == NodeUse.Kind.OPEN && view.hasRoom();
        }
    }

    /** A group, and where it is. */
    static final class Group {
        final ClusterView.Group view;

        /** Of those replicas that vote. */
        final List<Node> voters = new ArrayList<>();

        /** Of those that only listen. */
        final List<Node> learners = new ArrayList<>();

        @Nullable Node leader;

        /** Of its shards, on one replica. */
        long bytes;

        /** Counts groups from 0, in their order. */
        final int ordinal;

        /** Something was decided, or is under way. */
        boolean isBusy;

        private Group(ClusterView.Group view, int ordinal) {
            this.view = view;
            this.ordinal = ordinal;
            this.isBusy = view.isChanging();
        }

        long id() {
            return view.groupId();
        }

        boolean isOn(Node node) {
            return voters.contains(node) || learners.contains(node);
        }

        /** Whether its members can be changed now. */
        boolean isReady() {
            return leader != null && leader.isUp && !isBusy;
        }

        /** How many zones it would be in with {@code without} gone and {@code with} come. */
        int zoneCount(@Nullable Node without, @Nullable Node with) {
            TreeSet<String> zones = new TreeSet<>();
            for (Node voter : voters) {
                if (voter != without) {
                    zones.add(voter.zone());
                }
            }
            if (with != null) {
                zones.add(with.zone());
            }
            return zones.size();
        }
    }

    Board(ClusterView view, CaretakerSettings settings) {
        this.settings = settings;
        for (ClusterView.Node node : view.nodes()) {
            nodes.put(node.nodeId(), new Node(node, settings));
        }
        for (ClusterView.Group group : view.groups()) {
            groups.put(group.groupId(), new Group(group, groups.size()));
        }
        owners = new ArrayList<>(view.shards().size());
        for (ClusterView.Shard shard : view.shards()) {
            Group owner = groups.get(shard.groupId());
            owners.add(owner);
            if (owner != null) {
                owner.bytes += shard.bytes();
            }
        }
        groups.values().forEach(this::settle);
    }

    private void settle(Group group) {
        for (ClusterView.Replica replica : group.view.replicas()) {
            Node node = nodes.computeIfAbsent(replica.nodeId(), this::unknown);
            (replica.votes() ? group.voters : group.learners).add(node);
            node.replicas.add(group);
            node.bytes += group.bytes;
        }
        Node leader = nodes.get(group.view.leaderNode());
        if (leader != null) {
            group.leader = leader;
            leader.led.add(group);
        }
    }

    /** One that was forgotten, although something of it is left. */
    private Node unknown(long nodeId) {
        return new Node(
                new ClusterView.Node(
                        nodeId, "", settings.deadAfterMillis(), 0, NodeUse.Kind.OPEN, true),
                settings);
    }

    CaretakerSettings settings() {
        return settings;
    }

    /** Ascending by id. */
    Collection<Node> nodes() {
        return nodes.values();
    }

    /** Ascending by id. */
    Collection<Group> groups() {
        return groups.values();
    }

    @Nullable Group owner(int shard) {
        return owners.get(shard);
    }

    // ---- what will be

    void add(Group group, Node to) {
        Invariant.check(!group.isOn(to), "a node has one replica of a group", group.id(), to.id());
        group.isBusy = true;
        group.voters.add(to);
        to.replicas.add(group);
        to.bytes += group.bytes;
    }

    /** Of two replicas on one node the one that only listens. */
    void remove(Group group, Node from) {
        group.isBusy = true;
        boolean wasOn = group.learners.remove(from) || group.voters.remove(from);
        Invariant.check(wasOn, "only what is there goes", group.id(), from.id());
        from.replicas.remove(group);
        from.bytes -= group.bytes;
    }

    /** Its leadership goes with it, to the one that the group elects: that is seen next time. */
    void replace(Group group, Node from, Node to) {
        remove(group, from);
        add(group, to);
        if (group.leader == from) {
            from.led.remove(group);
            group.leader = null;
        }
    }

    void handOver(Group group, Node from, Node to) {
        group.isBusy = true;
        group.leader = to;
        from.led.remove(group);
        to.led.add(group);
    }
}
