package io.somekv.server.cli;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.grpc.ControlChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code somekv group}: what an administrator does to one group. */
@Command(
        name = "group",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Change one group.",
        subcommands = {GroupCommand.Members.class, GroupCommand.Transfer.class})
final class GroupCommand extends CommandFamily {
    /** Shows or changes who the members are. */
    @Command(
            name = "members",
            mixinStandardHelpOptions = true,
            description = {
                "Show who the members of a group are, and how far each is. With --add or --remove, change"
                        + " that, and wait until it is done.",
                "A member that is added gets the log first and votes then. What would leave the group"
                        + " without a majority that answers is refused."
            })
    static final class Members extends ControlCommand {
        @Spec private CommandSpec spec = CommandSpec.create();

        @Parameters(index = "0", paramLabel = "GROUP", description = "Its id.")
        private long groupId;

        @Option(
                names = "--add",
                paramLabel = "NODE",
                defaultValue = "0",
                description = "Id of a node that is to have a replica.")
        private long added;

        @Option(
                names = "--remove",
                paramLabel = "NODE",
                defaultValue = "0",
                description =
                        "Id of a node that is to have none; with --add, the new one takes its place.")
        private long removed;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            if (added != 0 && added == removed) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--add and --remove name the same node %d: where it lost its disk, 'somekv node replace %d HOST:PORT' gives it its replicas"
                                .formatted(added, added));
            }
            ClusterPicture picture = settled(channel);
            if (added != 0 || removed != 0) {
                change(channel, picture);
                picture = settled(channel);
            }
            out().print(picture.members(groupId));
            if (removed != 0 && added == 0) {
                warnIfFew(picture.needLed(groupId).getMembersList());
            }
        }

        private void warnIfFew(List<GroupMember> members) {
            long voters = members.stream().filter(m -> m.getRole().equals("VOTER")).count();
            if (voters <= 2) {
                out().printf(
                                "group %d survives no failure now: %s. 'somekv group members %d --add NODE' adds one%n",
                                groupId,
                                voters == 1 ? "it has 1 voter" : "both of its 2 voters are needed",
                                groupId);
            }
        }

        private ClusterPicture settled(ControlChannel channel) throws InterruptedException {
            return ClusterPicture.settled(channel, out(), group -> group == groupId);
        }

        private void change(ControlChannel channel, ClusterPicture picture)
                throws InterruptedException {
            Optional<String> otherDisk = picture.otherDisk(groupId, added);
            if (otherDisk.isPresent()) {
                throw new ControlException(
                        Kind.NOT_NOW,
                        "%s; it gets its replicas back by that. Nothing was changed"
                                .formatted(otherDisk.get()));
            }
            @Nullable NodeInfo to = added == 0 ? null : picture.needNode(added);
            ReplicaStatus led = picture.needLed(groupId);
            List<Long> members = led.getMembersList().stream().map(GroupMember::getNodeId).toList();
            if (removed != 0 && !members.contains(removed)) {
                throw new ControlException(
                        Kind.INVALID,
                        "node %d has no replica of group %d: its members are on nodes %s"
                                .formatted(removed, groupId, members));
            }
            Relocation.Step step = new Relocation.Step(groupId, removed, to);
            if (step.isOneLess(led)) {
                throw new ControlException(
                        Kind.INVALID,
                        ("node %d has a replica of group %d already, which would only have one less:"
                                        + " where that is meant, say --remove %d alone; nothing was"
                                        + " changed")
                                .formatted(added, groupId, removed));
            }
            new Relocation(channel, out()).carryOut(step);
        }
    }

    /** Has another node lead. */
    @Command(
            name = "transfer",
            mixinStandardHelpOptions = true,
            description = {
                "Have another node lead a group, and wait until it does.",
                "Clients notice a pause of some milliseconds. A node that is stopped with SIGTERM"
                        + " does this by itself for all groups that it leads."
            })
    static final class Transfer extends ControlCommand {
        /** Several election timeouts: where it has not come about by then, it will not. */
        private static final long WAIT_NANOS_MAX = 5_000_000_000L;

        private static final long LOOK_AGAIN_MILLIS = 50;

        @Parameters(index = "0", paramLabel = "GROUP", description = "Its id.")
        private long groupId;

        @Option(
                names = "--to",
                paramLabel = "NODE",
                defaultValue = "0",
                description = "Id of the node that is to lead; the one most up to date if none.")
        private long toNode;

        @Override
        void run(ControlChannel channel) throws InterruptedException {
            NodeInfo leader = leader(channel);
            if (leader.nodeId() == toNode) {
                out().println(ledBy(toNode) + " already");
                return;
            }
            begin(leader);
            out().println(ledBy(await(channel, leader.nodeId())) + " now");
        }

        private NodeInfo leader(ControlChannel channel) throws InterruptedException {
            ClusterPicture picture =
                    ClusterPicture.settled(channel, out(), group -> group == groupId);
            picture.needLed(groupId);
            return picture.leaderOf(groupId).orElseThrow();
        }

        private void begin(NodeInfo leader) {
            try (ControlChannel there =
                    ControlChannel.to(leader.host() + ":" + leader.grpcPort())) {
                there.transferLeadership(groupId, toNode);
            }
        }

        /** The node that leads when it is another one than before. */
        private long await(ControlChannel channel, long before) throws InterruptedException {
            long end = System.nanoTime() + WAIT_NANOS_MAX;
            while (System.nanoTime() - end < 0) {
                Optional<NodeInfo> now = ClusterPicture.take(channel, false).leaderOf(groupId);
                if (now.isPresent() && now.get().nodeId() != before) {
                    return now.get().nodeId();
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            }
            throw new ControlException(
                    Kind.NOT_NOW,
                    ledBy(before)
                            + " still: the other could not take over within a second; is it running"
                            + " and up to date ('somekv cluster status')?");
        }

        private String ledBy(long nodeId) {
            return "group " + groupId + " is led by node " + nodeId;
        }
    }
}
