package io.somekv.server.control;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.server.control.ControlException.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What control can have a whole cluster do. Everything here may be asked again after a failure half
 * way: replicas that exist already are left as they are, and the shard master answers a change that
 * has taken place as it did the first time.
 */
public final class ClusterControl {
    private static final long SERVING_NANOS_MAX = 15_000_000_000L;

    private final NodeControl node;
    private final RemoteNodes remote;

    public ClusterControl(NodeControl node, RemoteNodes remote) {
        this.node = node;
        this.remote = remote;
    }

    /**
     * Makes a cluster of this node and others: group 0, the shard master, with a replica on each.
     *
     * @param others of each, host and gRPC port are enough
     * @return the id of the cluster, which has no data group yet
     */
    public synchronized UUID start(List<NodeInfo> others, int shardCount) {
        List<NodeInfo> nodes = gather(others);
        Optional<ClusterMap> running = node.map();
        if (running.isPresent()) {
            checkSameNodes(running.get(), nodes);
            return running.get().clusterId();
        }
        // A start that broke off has left its cluster id on this node: go on under the same one.
        UUID clusterId = node.clusterId().orElseGet(UUID::randomUUID);
        JoinOrder order =
                new JoinOrder(
                        clusterId,
                        nodes,
                        Optional.of(JoinOrder.newGroup(GroupSpec.MASTER, nodes)),
                        Optional.empty());
        joinMembers(order);
        Command start =
                new Command.StartCluster(
                        clusterId, shardCount, GroupSettings.defaults(shardCount), nodes);
        expectOk(node.ask(GroupSpec.MASTER, request(start)).outcome());
        return clusterId;
    }

    private List<NodeInfo> gather(List<NodeInfo> others) {
        List<NodeInfo> nodes = new ArrayList<>();
        nodes.add(node.self());
        for (NodeInfo other : others) {
            String address = other.host() + ":" + other.grpcPort();
            NodeReport report = remote.report(address);
            Optional<UUID> foreign =
                    report.clusterId().filter(id -> !node.clusterId().equals(Optional.of(id)));
            if (foreign.isPresent()) {
                throw new ControlException(
                        Kind.EXISTS,
                        "node "
                                + report.node().nodeId()
                                + " at "
                                + address
                                + " is in cluster "
                                + foreign.get()
                                + " already: a new cluster needs nodes on empty data folders");
            }
            if (!report.node().equals(node.self())) {
                nodes.add(report.node());
            }
        }
        nodes.sort(Comparator.comparingLong(NodeInfo::nodeId));
        for (int i = 1; i < nodes.size(); i++) {
            if (nodes.get(i).nodeId() == nodes.get(i - 1).nodeId()) {
                throw new ControlException(
                        Kind.INVALID,
                        "two of the nodes have the id "
                                + nodes.get(i).nodeId()
                                + ": start each with an own --node-id");
            }
        }
        return nodes;
    }

    private static void checkSameNodes(ClusterMap running, List<NodeInfo> nodes) {
        List<Long> before = running.master().replicas().stream().map(r -> r.nodeId()).toList();
        List<Long> wanted = nodes.stream().map(NodeInfo::nodeId).toList();
        if (!before.equals(wanted)) {
            throw new ControlException(
                    Kind.EXISTS,
                    "the cluster "
                            + running.clusterId()
                            + " runs already, its shard master on nodes "
                            + before);
        }
    }

    /** Self first: it then remembers the cluster id if this breaks off. */
    private void joinMembers(JoinOrder order) {
        List<GroupSpec.Replica> members = new ArrayList<>(order.group().orElseThrow().replicas());
        long self = node.self().nodeId();
        members.sort(Comparator.comparing(member -> member.nodeId() != self));
        for (GroupSpec.Replica member : members) {
            if (member.nodeId() == self) {
                node.join(order);
            } else {
                remote.join(order.node(member.nodeId()), order);
            }
        }
    }

    /**
     * Creates groups on their members and gives them their shares of the shards.
     *
     * @param newNodes members that the cluster may not know yet: they become known
     */
    public void join(List<GroupSpec> groups, List<NodeInfo> newNodes) {
        ClusterMap map = query(-1);
        List<NodeInfo> nodes = new ArrayList<>(map.nodes());
        for (NodeInfo named : newNodes) {
            NodeInfo found = remote.report(named.host() + ":" + named.grpcPort()).node();
            nodes.removeIf(node -> node.nodeId() == found.nodeId());
            nodes.add(found);
            expectOk(ask(new Command.RegisterNode(found)));
        }
        for (GroupSpec group : groups) {
            if (group.groupId() <= GroupSpec.MASTER) {
                throw new ControlException(
                        Kind.INVALID, "group ids begin at 1: group 0 is the shard master");
            }
            checkKnown(nodes, group);
            if (wasThere(group.groupId(), map)) {
                continue;
            }
            joinMembers(
                    new JoinOrder(map.clusterId(), nodes, Optional.of(group), Optional.of(map)));
        }
        Outcome outcome = ask(new Command.Join(groups));
        boolean joinedBefore =
                outcome instanceof Outcome.Refused refused
                        && refused.reason() == Outcome.Reason.GROUP_EXISTS
                        && query(-1).config().groups().containsAll(groups);
        if (!joinedBefore) {
            expectOk(outcome);
        }
        awaitServing(groups);
    }

    /**
     * Whether a group was ever part of the cluster: then it has its replicas, whoever its members
     * are by now. Made anew on nodes that they have left, they could take themselves for a
     * majority.
     */
    private static boolean wasThere(long groupId, ClusterMap map) {
        return Stream.concat(map.config().groups().stream(), map.formerGroups().stream())
                .anyMatch(group -> group.groupId() == groupId);
    }

    /**
     * The change is made; that the groups serve what it gave them takes a few entries more. Waits
     * for it, for a while, so that whoever joined a group can use it when this returns.
     */
    private void awaitServing(List<GroupSpec> groups) {
        ShardConfig config = query(-1).config();
        List<Long> joined = groups.stream().map(GroupSpec::groupId).toList();
        long end = System.nanoTime() + SERVING_NANOS_MAX;
        int shard = 0;
        while (shard < config.shardCount() && System.nanoTime() - end < 0) {
            long owner = config.owner(shard);
            boolean serves =
                    !joined.contains(owner)
                            || node.ask(owner, request(new Command.IsPristine(shard))).outcome()
                                    instanceof Outcome.Result;
            shard += serves ? 1 : 0;
        }
    }

    private static void checkKnown(List<NodeInfo> nodes, GroupSpec group) {
        for (GroupSpec.Replica replica : group.replicas()) {
            if (nodes.stream().noneMatch(node -> node.nodeId() == replica.nodeId())) {
                throw new ControlException(
                        Kind.INVALID,
                        "the cluster knows no node "
                                + replica.nodeId()
                                + ": name a new node by the address of its control door");
            }
        }
    }

    /**
     * Makes a node known to the cluster, and the cluster to that node. It hosts nothing yet. A node
     * that lost its disk comes back like this under its old id, with another store; what it hosted
     * is for others to replace.
     */
    public NodeInfo addNode(NodeInfo named) {
        String address = named.host() + ":" + named.grpcPort();
        NodeReport report = remote.report(address);
        NodeInfo found = report.node();
        ClusterMap map = query(-1);
        if (report.clusterId().filter(id -> !id.equals(map.clusterId())).isPresent()) {
            throw new ControlException(
                    Kind.EXISTS,
                    "node "
                            + found.nodeId()
                            + " at "
                            + address
                            + " is in another cluster: it needs an empty data folder");
        }
        map.nodes().stream()
                .filter(node -> node.nodeId() == found.nodeId())
                .filter(node -> !node.storeId().equals(found.storeId()))
                .findFirst()
                .ifPresent(this::checkIsLost);
        expectOk(ask(new Command.RegisterNode(found)));
        ClusterMap after = query(-1);
        node.learn(after);
        remote.join(
                found,
                new JoinOrder(
                        map.clusterId(), after.nodes(), Optional.empty(), Optional.of(after)));
        return found;
    }

    /** A node id belongs to one disk: as long as that is there, no other may take its place. */
    private void checkIsLost(NodeInfo known) {
        NodeReport there;
        try {
            there = remote.report(known.host() + ":" + known.grpcPort());
        } catch (ControlException nobody) {
            return;
        }
        if (there.node().storeId().equals(known.storeId())) {
            throw new ControlException(
                    Kind.EXISTS,
                    "node "
                            + known.nodeId()
                            + " runs at "
                            + known.host()
                            + ":"
                            + known.grpcPort()
                            + " with another disk: start the new one with a --node-id of its own");
        }
    }

    /** Forgets a node that has no replica. */
    public void removeNode(long nodeId) {
        expectOk(ask(new Command.ForgetNode(nodeId)));
        node.learn(query(-1));
    }

    /** The groups' shards go to those that stay. */
    public void leave(List<Long> groupIds) {
        expectOk(ask(new Command.Leave(groupIds)));
    }

    /** One shard to one group. */
    public void move(int shard, long groupId) {
        expectOk(ask(new Command.Move(shard, groupId)));
    }

    /** How shards may move from now on, otherwise than before. */
    public void tuneMoves(MoveTuning tuning) {
        expectOk(ask(new Command.TuneMoves(tuning)));
    }

    /** What the caretaker may do, and its newest decisions. */
    public CaretakerState caretaker(int decisionsMax) {
        Outcome outcome = ask(new Command.QueryCaretaker(decisionsMax));
        if (outcome instanceof Outcome.Caretaker caretaker) {
            return caretaker.state();
        }
        throw failure(GroupSpec.MASTER, outcome);
    }

    /** By which rules the caretaker decides from now on. */
    public void tuneCaretaker(CaretakerSettings settings) {
        expectOk(ask(new Command.TuneCaretaker(settings)));
    }

    /** How a node is to be used from now on. */
    public void useNode(NodeUse use) {
        expectOk(ask(new Command.UseNode(use)));
    }

    /** The map with the config of that number; the latest for -1. */
    public ClusterMap query(long number) {
        Outcome outcome = ask(new Command.QueryConfig(number));
        if (outcome instanceof Outcome.Cluster cluster) {
            return cluster.map();
        }
        throw failure(GroupSpec.MASTER, outcome);
    }

    /** A client id, the same one for the same nonce. */
    public ClientId registerClient(UUID nonce) {
        Outcome outcome = ask(new Command.RegisterClient(nonce));
        if (outcome instanceof Outcome.Registered registered) {
            return registered.client();
        }
        throw failure(GroupSpec.MASTER, outcome);
    }

    private Outcome ask(Command command) {
        if (node.clusterId().isEmpty()) {
            throw new ControlException(
                    Kind.NOT_NOW,
                    "node "
                            + node.self().nodeId()
                            + " is in no cluster yet: start one with 'somekv cluster start'");
        }
        return node.ask(GroupSpec.MASTER, request(command)).outcome();
    }

    private static Request request(Command command) {
        return new Request(Optional.empty(), command);
    }

    private static void expectOk(Outcome outcome) {
        if (!(outcome instanceof Outcome.Ok || outcome instanceof Outcome.Cluster)) {
            throw failure(GroupSpec.MASTER, outcome);
        }
    }

    /** What an outcome of a group that is no success means to whoever asked. */
    static ControlException failure(long groupId, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Refused refused -> new ControlException(Kind.NOT_NOW, refused.message());
            case Outcome.Invalid invalid -> new ControlException(Kind.INVALID, invalid.message());
            case Outcome.Unknown unknown ->
                    new ControlException(
                            Kind.OUTCOME_UNKNOWN,
                            "it may or may not have been done (" + unknown.why() + ")");
            case Outcome.DiskNearlyFull full -> new ControlException(Kind.NOT_NOW, full.text());
            case Outcome.Busy _ ->
                    new ControlException(
                            Kind.UNREACHABLE, name(groupId) + " has too much to do: try again");
            case Outcome.NotLeader _, Outcome.WrongGroup _, Outcome.DeadlineNeeded _ ->
                    new ControlException(
                            Kind.UNREACHABLE,
                            "no leader of "
                                    + name(groupId)
                                    + " could be reached: a majority of its voters must run."
                                    + " 'somekv group members "
                                    + groupId
                                    + "' says which do not");
            case Outcome.Result result ->
                    new ControlException(
                            Kind.NOT_NOW,
                            name(groupId)
                                    + " gave an answer to something else ("
                                    + result.getClass().getSimpleName()
                                    + "): this is a bug");
            case Outcome.BelowFloor _ ->
                    new ControlException(Kind.OUTCOME_UNKNOWN, "it was asked too long ago");
        };
    }

    private static String name(long groupId) {
        return "group " + groupId + (groupId == GroupSpec.MASTER ? " (the shard master)" : "");
    }
}
