package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.grpc.ControlChannel;
import io.somekv.server.grpc.ProtoMapping;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code somekv cluster}: what an administrator does. */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Start a cluster, look at it, change it.",
        subcommands = {
            ClusterCommand.Start.class,
            ClusterCommand.Status.class,
            ClusterCommand.Query.class,
            ClusterCommand.Join.class,
            ClusterCommand.Leave.class,
            ClusterCommand.Move.class,
            CaretakerCommand.class,
            WhyCommand.class,
            MovesCommand.class
        })
final class ClusterCommand extends CommandFamily {
    /** Makes a cluster of nodes that run. */
    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = {
                "Make a cluster of nodes that run and are in none: of --node and those named with"
                        + " --with. They hold the shard master; groups for data come with 'join'.",
                "May be repeated if it failed half way."
            })
    static final class Start extends ControlCommand {
        @Option(
                names = "--with",
                paramLabel = "HOST:PORT",
                split = ",",
                description = "Control ports (--grpc-port) of the other nodes.")
        private List<String> others = new ArrayList<>();

        @Option(
                names = "--shards",
                paramLabel = "N",
                defaultValue = "256",
                description = "How many shards, for good (default: ${DEFAULT-VALUE}).")
        private int shards;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            String id =
                    channel.startCluster(
                            others.stream().map(ControlChannel::nodeAt).toList(), shards);
            out().println("cluster " + id + " is started");
        }
    }

    /** Shows nodes and groups. */
    @Command(
            name = "status",
            mixinStandardHelpOptions = true,
            description = "Show nodes, groups, leaders, shards and how far replicas are behind.")
    static final class Status extends ControlCommand {
        @Option(names = "--json", description = "For programs.")
        private boolean json;

        @Option(
                names = "--digests",
                description = "Compute digests of what replicas have applied: walks over all rows.")
        private boolean digests;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            ClusterPicture picture = ClusterPicture.take(channel, digests);
            out().print(json ? PictureJson.of(picture) : picture.table());
        }
    }

    /** Shows a config. */
    @Command(
            name = "query",
            mixinStandardHelpOptions = true,
            description = "Show which group has which shards.")
    static final class Query extends ControlCommand {
        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "CONFIG",
                defaultValue = "-1",
                description = "Its number; the latest if none is named.")
        private long number;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            out().print(ConfigText.of(channel.config(number)));
        }
    }

    /** Adds a group. */
    @Command(
            name = "join",
            mixinStandardHelpOptions = true,
            description = "Create groups on nodes; they take a fair share of the shards.")
    static final class Join extends ControlCommand {
        private static final long GROUPS_MAX = 10_000;

        @Spec private CommandSpec spec = CommandSpec.create();

        @Parameters(
                arity = "1..*",
                paramLabel = "GROUP",
                hideParamSyntax = true,
                description = "Its id, from 1; several on the same nodes as FROM..TO.")
        private List<String> groupIds = new ArrayList<>();

        @Option(
                names = "--on",
                paramLabel = "NODE",
                split = ",",
                description = "Ids of nodes that the cluster knows.")
        private List<Long> nodeIds = new ArrayList<>();

        @Option(
                names = "--new",
                paramLabel = "HOST:PORT",
                split = ",",
                description = "Control ports (--grpc-port) of nodes that are new to the cluster.")
        private List<String> newNodes = new ArrayList<>();

        @Override
        void run(ControlChannel channel) {
            List<Long> groups = groups();
            if (nodeIds.isEmpty() && newNodes.isEmpty()) {
                throw wrong("name the group's nodes: --on with ids, or --new with addresses");
            }
            join(channel, groups);
            out().print(ConfigText.of(channel.config(-1)));
        }

        private List<Long> groups() {
            String words = String.join(" ", groupIds);
            String[] ends = words.split("\\.\\.", 2);
            try {
                long from = Long.parseLong(ends[0]);
                long to = ends.length == 1 ? from : Long.parseLong(ends[1]);
                if (from > 0 && from <= to && to - from < GROUPS_MAX) {
                    return LongStream.rangeClosed(from, to).boxed().toList();
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
            throw wrong("'" + words + "' is neither a group's id nor FROM..TO, from 1");
        }

        private ParameterException wrong(String why) {
            return new ParameterException(spec.commandLine(), why);
        }

        private void join(ControlChannel channel, List<Long> groups) {
            ClusterMap map = channel.config(-1);
            List<NodeInfo> members = new ArrayList<>();
            for (long nodeId : nodeIds) {
                map.nodes().stream()
                        .filter(node -> node.nodeId() == nodeId)
                        .findFirst()
                        .ifPresentOrElse(members::add, () -> refuse(nodeId));
            }
            List<NodeInfo> unknown = new ArrayList<>();
            for (String address : newNodes) {
                try (ControlChannel one = ControlChannel.to(address)) {
                    unknown.add(ProtoMapping.from(one.status(false).getNode()));
                }
            }
            members.addAll(unknown);
            members = members.stream().distinct().sorted(BY_ID).toList();
            List<NodeInfo> on = members;
            channel.join(groups.stream().map(id -> JoinOrder.newGroup(id, on)).toList(), unknown);
        }

        private static final Comparator<NodeInfo> BY_ID =
                Comparator.comparingLong(NodeInfo::nodeId);

        private static void refuse(long nodeId) {
            throw new ControlException(
                    ControlException.Kind.INVALID,
                    "the cluster knows no node "
                            + nodeId
                            + ": name a new node with --new and the address of its control port");
        }
    }

    /** Takes groups out. */
    @Command(
            name = "leave",
            mixinStandardHelpOptions = true,
            description = "Give the shards of groups to those that stay.")
    static final class Leave extends ControlCommand {
        @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Their ids.")
        private List<Long> groupIds = new ArrayList<>();

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            channel.leave(groupIds);
            out().print(ConfigText.of(channel.config(-1)));
        }
    }

    /** Moves a shard. */
    @Command(
            name = "move",
            mixinStandardHelpOptions = true,
            description = "Give one shard to a group.")
    static final class Move extends ControlCommand {
        @Parameters(index = "0", paramLabel = "SHARD", description = "Its number, from 0.")
        private int shard;

        @Parameters(index = "1", paramLabel = "GROUP", description = "Who gets it.")
        private long groupId = GroupSpec.MASTER;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            channel.move(shard, groupId);
            out().print(ConfigText.of(channel.config(-1)));
        }
    }
}
