package io.somekv.server.cli;

import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.grpc.ControlChannel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code somekv node}: how nodes come to a cluster, and leave it. */
@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Add, replace, empty and remove nodes, while the cluster serves.",
        subcommands = {
            NodeCommand.Join.class,
            NodeCommand.Replace.class,
            RecoverQuorumCommand.class,
            NodeCommand.Drain.class,
            NodeCommand.Remove.class
        })
final class NodeCommand extends CommandFamily {
    private static final int LOOK_AGAIN_MILLIS = 200;

    /** Makes a node part of the cluster. */
    @Command(
            name = "join",
            mixinStandardHelpOptions = true,
            description = {
                "Make a node that runs on an empty data folder part of the cluster that --node is in.",
                "It hosts nothing yet: 'node replace', 'node drain' of another one, 'group members"
                        + " --add' or 'cluster join' give it replicas."
            })
    static final class Join extends ControlCommand {
        @Parameters(
                index = "0",
                paramLabel = "HOST:PORT",
                description = "Its control port (--grpc-port).")
        private String address = "";

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            NodeInfo joined = channel.addNode(address);
            out().println("node " + joined.nodeId() + " is in the cluster");
        }
    }

    /** Puts one node in the place of another. */
    @Command(
            name = "replace",
            mixinStandardHelpOptions = true,
            description = {
                "Put another node in the place of one that is dead, or is to go: every group that has a"
                        + " replica there gets one on the other instead, and loses at no moment its"
                        + " majority. The node that is replaced is forgotten in the end.",
                "May be repeated if it was interrupted. Forgetting OLD is the last it does, so that a"
                        + " node OLD which the cluster does not know is refused, with nothing changed:"
                        + " it has been replaced, or never was there.",
                "A node that lost its disk is replaced by itself: start it on an empty folder with its"
                        + " old --node-id and name both by it."
            })
    static final class Replace extends ControlCommand {
        @Parameters(index = "0", paramLabel = "OLD", description = "Id of the node to replace.")
        private long oldNode;

        @Parameters(
                index = "1",
                paramLabel = "NEW",
                description =
                        "Control port of the new node as HOST:PORT; its id where it has joined.")
        private String newNode = "";

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            checkOldIsKnown(settled(channel, out()));
            NodeInfo to = arrived(channel);
            Relocation relocation = new Relocation(channel, out());
            ClusterPicture picture = settled(channel, out());
            List<Relocation.Step> steps = steps(picture, to);
            if (oldNode != to.nodeId() && picture.node(oldNode).isPresent()) {
                // Or the caretaker might replace it as well, by another one.
                channel.useNode(new NodeUse(oldNode, NodeUse.Kind.CLOSED));
            }
            for (Relocation.Step step : steps) {
                relocation.carryOut(step);
            }
            if (oldNode != to.nodeId()) {
                forget(channel, out(), oldNode);
            }
            out().printf("node %d is in the place of node %d%n", to.nodeId(), oldNode);
        }

        /** Refused as a whole before any replica is moved. */
        private List<Relocation.Step> steps(ClusterPicture picture, NodeInfo to) {
            List<Relocation.Step> steps = new ArrayList<>();
            List<Long> shrunk = new ArrayList<>();
            for (long groupId : groupsOn(picture, oldNode)) {
                Relocation.Step step = new Relocation.Step(groupId, oldNode, to);
                steps.add(step);
                if (step.isOneLess(picture.needLed(groupId))) {
                    shrunk.add(groupId);
                }
            }
            if (!shrunk.isEmpty()) {
                throw new ControlException(
                        Kind.INVALID,
                        ("node %d has a replica of group %s already, which would only have one less:"
                                        + " name a node that has none, or let 'somekv node drain %d'"
                                        + " choose, with --shrink where one less is meant; no replica"
                                        + " was moved")
                                .formatted(to.nodeId(), shrunk, oldNode));
            }
            return steps;
        }

        /** Before the new node is added: a wrong id is to change nothing. */
        private void checkOldIsKnown(ClusterPicture picture) {
            if (picture.node(oldNode).isEmpty() && groupsOn(picture, oldNode).isEmpty()) {
                throw new ControlException(
                        Kind.INVALID,
                        "nothing to do: the cluster knows no node "
                                + oldNode
                                + " (any more), and no group has a replica there; nothing was"
                                + " changed ('somekv cluster status' shows the nodes)");
            }
        }

        private NodeInfo arrived(ControlChannel channel) {
            return newNode.contains(":")
                    ? channel.addNode(newNode)
                    : ClusterPicture.take(channel, false).needNode(id());
        }

        private long id() {
            try {
                return Long.parseLong(newNode);
            } catch (NumberFormatException e) {
                throw new ControlException(
                        Kind.INVALID, "'" + newNode + "' is neither host:port nor a node's id");
            }
        }
    }

    /** Moves all replicas off a node. */
    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = {
                "Move all replicas off a node to others, each to the one that has fewest and none of its"
                        + " group. The node stays in the cluster, and nothing comes to it any more until"
                        + " 'node drain --undo'; 'node remove' takes it out.",
                "May be repeated if it was interrupted."
            })
    static final class Drain extends ControlCommand {
        @Parameters(index = "0", paramLabel = "NODE", description = "Its id.")
        private long nodeId;

        @Option(
                names = "--shrink",
                description =
                        "Where no other node can take a replica, have one less of that group.")
        private boolean shrink;

        @Option(
                names = "--background",
                description =
                        "Leave it to the cluster's caretaker, which moves a few at a time, and return"
                                + " at once ('somekv cluster why' shows what it does).")
        private boolean background;

        @Option(names = "--undo", description = "The node is used as usual again.")
        private boolean undo;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            if (undo || background) {
                channel.useNode(
                        new NodeUse(nodeId, undo ? NodeUse.Kind.OPEN : NodeUse.Kind.DRAINING));
                out().printf(
                                undo ? "node %d is used as usual%n" : "node %d is being emptied%n",
                                nodeId);
                return;
            }
            drain(channel, out(), nodeId, shrink);
            checkHostsNothing(settled(channel, out()), nodeId);
            out().println("node " + nodeId + " has no replica");
        }
    }

    /** Takes a node out. */
    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = {
                "Take a node out of the cluster. It must have no replica: 'node drain' moves them off"
                        + " it, 'node replace' puts another node in its place."
            })
    static final class Remove extends ControlCommand {
        @Parameters(index = "0", paramLabel = "NODE", description = "Its id.")
        private long nodeId;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            ClusterPicture.take(channel, false).needNode(nodeId);
            forget(channel, out(), nodeId);
            out().println("node " + nodeId + " is not in the cluster any more");
        }
    }

    /** The master hears of a group's voters a moment after they have changed. */
    private static void forget(ControlChannel channel, PrintWriter out, long nodeId)
            throws InterruptedException {
        long end = System.nanoTime() + Relocation.HEARING_NANOS_MAX;
        while (true) {
            boolean isLast = System.nanoTime() - end > 0;
            checkHostsNothing(settled(channel, out), nodeId);
            try {
                channel.removeNode(nodeId);
                return;
            } catch (ControlException e) {
                if (e.kind() != Kind.NOT_NOW || isLast) {
                    throw e;
                }
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    /**
     * Asked of every group's leader, since the master knows of voters only: a learner whose node is
     * forgotten would be promoted all the same, to a voter that the others do not let in.
     */
    private static void checkHostsNothing(ClusterPicture picture, long nodeId) {
        Map<Long, GroupMember> hosted = new TreeMap<>();
        for (long groupId : picture.known()) {
            membersOf(picture, groupId, nodeId).stream()
                    .filter(member -> member.getNodeId() == nodeId)
                    .forEach(member -> hosted.put(groupId, member));
        }
        if (hosted.isEmpty()) {
            return;
        }
        String learner =
                hosted.entrySet().stream()
                        .filter(entry -> entry.getValue().getRole().equals("LEARNER"))
                        .findFirst()
                        .map(entry ->
                                (", being added to group %d still ('somekv group members %d"
                                                + " --remove %d' gives that up)")
                                        .formatted(entry.getKey(), entry.getKey(), nodeId))
                        .orElse("");
        throw new ControlException(
                Kind.NOT_NOW,
                ("node %d has a replica of group %s%s: 'somekv node drain %d' moves what it has to"
                                + " other nodes; it stays in the cluster until then")
                        .formatted(nodeId, hosted.keySet(), learner, nodeId));
    }

    private static List<GroupMember> membersOf(ClusterPicture picture, long groupId, long nodeId) {
        try {
            return picture.needLed(groupId).getMembersList();
        } catch (ControlException e) {
            throw new ControlException(
                    e.kind(),
                    "whether node " + nodeId + " has no replica is not known: " + e.getMessage());
        }
    }

    /** With a leader of every group that can elect one. */
    private static ClusterPicture settled(ControlChannel channel, PrintWriter out)
            throws InterruptedException {
        return ClusterPicture.settled(channel, out, _ -> true);
    }

    private static List<Long> groupsOn(ClusterPicture picture, long nodeId) {
        List<Long> groups = new ArrayList<>();
        for (long groupId : picture.groups()) {
            ReplicaStatus led = picture.needLed(groupId);
            if (led.getMembersList().stream().anyMatch(m -> m.getNodeId() == nodeId)) {
                groups.add(groupId);
            }
        }
        return groups;
    }

    private static void drain(ControlChannel channel, PrintWriter out, long nodeId, boolean shrink)
            throws InterruptedException {
        ClusterPicture picture = settled(channel, out);
        picture.needNode(nodeId);
        List<Relocation.Step> steps = plan(picture, nodeId, shrink);
        channel.useNode(new NodeUse(nodeId, NodeUse.Kind.CLOSED));
        Relocation relocation = new Relocation(channel, out);
        for (Relocation.Step step : steps) {
            relocation.carryOut(step);
        }
    }

    /** Where each replica of the node goes; refused as a whole before anything is changed. */
    private static List<Relocation.Step> plan(ClusterPicture picture, long nodeId, boolean shrink) {
        Map<NodeInfo, Integer> load = new TreeMap<>(Comparator.comparingLong(NodeInfo::nodeId));
        picture.replicaCounts()
                .forEach((node, count) -> {
                    if (node.nodeId() != nodeId) {
                        count.ifPresent(replicas -> load.put(node, replicas));
                    }
                });
        List<Relocation.Step> steps = new ArrayList<>();
        List<Long> stuck = new ArrayList<>();
        for (long groupId : groupsOn(picture, nodeId)) {
            @Nullable NodeInfo to =
                    begun(picture, groupId, nodeId)
                            .or(() -> target(picture, groupId, load))
                            .orElse(null);
            if (to != null) {
                load.computeIfPresent(to, (_, replicas) -> replicas + 1);
            } else if (!shrink) {
                stuck.add(groupId);
            }
            steps.add(new Relocation.Step(groupId, nodeId, to));
        }
        if (!stuck.isEmpty()) {
            throw new ControlException(
                    Kind.NOT_NOW,
                    "no other node that answers is without a replica of group "
                            + stuck
                            + ": add a node ('somekv node join'), or drain with --shrink; nothing was"
                            + " changed");
        }
        return steps;
    }

    /** The node whose learner takes that one's place already: no second one can be to do so. */
    private static Optional<NodeInfo> begun(ClusterPicture picture, long groupId, long nodeId) {
        List<GroupMember> members = picture.needLed(groupId).getMembersList();
        return members.stream()
                .filter(old -> old.getNodeId() == nodeId)
                .flatMap(old -> members.stream().filter(m -> m.getReplaces() == old.getReplicaId()))
                .map(GroupMember::getNodeId)
                .filter(next -> next != nodeId)
                .flatMap(next -> picture.node(next).stream())
                .findFirst();
    }

    private static Optional<NodeInfo> target(
            ClusterPicture picture, long groupId, Map<NodeInfo, Integer> load) {
        List<Long> taken =
                picture.needLed(groupId).getMembersList().stream()
                        .map(GroupMember::getNodeId)
                        .toList();
        return load.entrySet().stream()
                .filter(entry -> !taken.contains(entry.getKey().nodeId()))
                .min(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey);
    }
}
