package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.folder.KnownCluster;
import io.somekv.server.folder.NodeFolder;
import io.somekv.server.folder.QuorumRecovery;
import io.somekv.server.folder.RefusedException;
import io.somekv.server.folder.Survivor;
import io.somekv.server.grpc.ControlChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code somekv node recover-quorum}: the last resort, see {@link QuorumRecovery}. */
@Command(
        name = "recover-quorum",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "UNSAFE, the last resort: has a group go on that lost the disks of a majority of its voters"
                    + " for good. Of the replicas that are left, the one with the longest log becomes the"
                    + " only voter.",
            "Writes that were acknowledged may be lost, and writes that were not may appear. Use it only"
                    + " when no backup is better.",
            "",
            "Stop all nodes that are left, and name the data folders of as many as there are, those of other"
                    + " machines copied here. If a copy is the one that is changed, put it back in the place"
                    + " of what it was copied from. Then start that node. Other replicas come back with"
                    + " 'group members --add'.",
            "Never again start a lost node on the folder it had."
        })
final class RecoverQuorumCommand implements Callable<Integer> {
    /** What is to be typed: nobody types it by habit. */
    private static final String CONSENT = "lose data";

    @Mixin private Console console = new Console();

    @Parameters(
            arity = "1..*",
            paramLabel = "DIR",
            description = "What --data of each stopped node says.")
    private List<Path> folders = new ArrayList<>();

    @ArgGroup(multiplicity = "1")
    private Which which = new Which();

    @Option(
            names = "--use",
            paramLabel = "DIR",
            description = "Go on with the replica in this one of the folders.")
    private @Nullable Path used;

    @Option(
            names = "--force",
            description =
                    "Also with a replica that is behind another one, that does not vote, or while the"
                            + " folders hold a majority.")
    private boolean isForced;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean isAgreed;

    /** Which groups. */
    private static final class Which {
        @Option(
                names = "--group",
                paramLabel = "GROUP",
                split = ",",
                required = true,
                description = "Ids of groups; 0 is the shard master's.")
        private List<Long> groups = new ArrayList<>();

        @Option(
                names = "--all",
                required = true,
                description = "All groups of which the folders do not hold a majority.")
        private boolean isAll;
    }

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (QuorumRecovery recovery = QuorumRecovery.of(folders, console.readingTheLog())) {
                List<QuorumRecovery.Plan> plans = plans(recovery);
                checkLost(recovery, plans);
                console.out().print(text(plans));
                if (!isAgreed) {
                    ask();
                }
                recovery.carryOut(plans, Instant.now().toString());
                console.out().print(doneText(plans));
                return Console.EXIT_OK;
            }
        });
    }

    private List<QuorumRecovery.Plan> plans(QuorumRecovery recovery) throws IOException {
        List<Long> groups = which.isAll ? recovery.groupsThatLostMajority() : which.groups;
        if (groups.isEmpty()) {
            throw new RefusedException(
                    "the folders hold a majority of every group: start their nodes. Nothing was"
                            + " changed");
        }
        List<QuorumRecovery.Plan> plans = new ArrayList<>();
        for (long group : new TreeSet<>(groups)) {
            plans.add(recovery.plan(group, Optional.ofNullable(used), isForced));
        }
        return plans;
    }

    /**
     * Whoever runs and has a replica of such a group is not lost, and may know of members that no
     * folder does. All nodes are asked that any folder tells of: one may be a copy of what runs.
     */
    private void checkLost(QuorumRecovery recovery, List<QuorumRecovery.Plan> plans)
            throws IOException {
        TreeSet<Long> groups = new TreeSet<>();
        plans.forEach(plan -> groups.add(plan.groupId()));
        for (NodeInfo node : known(recovery)) {
            String at = node.host() + ":" + node.grpcPort();
            console.error().println("asking whether node " + node.nodeId() + " answers at " + at);
            console.error().flush();
            replicasAt(at).stream()
                    .filter(groups::contains)
                    .findFirst()
                    .ifPresent(group -> {
                        throw new RefusedException(
                                "node "
                                        + node.nodeId()
                                        + " is not lost: it answers at "
                                        + at
                                        + " and has a replica of group "
                                        + group
                                        + ". If that group has no leader all the same, stop that node and"
                                        + " name its folder as well. Nothing was changed");
                    });
        }
    }

    private static List<NodeInfo> known(QuorumRecovery recovery) throws IOException {
        TreeMap<String, NodeInfo> known = new TreeMap<>();
        for (Survivor survivor : recovery.survivors()) {
            NodeFolder folder = survivor.folder();
            List<NodeInfo> nodes = new ArrayList<>();
            folder.cluster().map(KnownCluster::nodes).ifPresent(nodes::addAll);
            folder.map().map(ClusterMap::nodes).ifPresent(nodes::addAll);
            nodes.forEach(node -> known.put(node.host() + ":" + node.grpcPort(), node));
        }
        return known.values().stream().sorted(Comparator.comparingLong(NodeInfo::nodeId)).toList();
    }

    /** Groups that the node at an address has a replica of; none where nobody answers. */
    private static List<Long> replicasAt(String address) {
        try (ControlChannel channel = ControlChannel.to(address)) {
            return channel.status(NodeOption.PROBE_MILLIS).getReplicasList().stream()
                    .map(ReplicaStatus::getGroupId)
                    .toList();
        } catch (ControlException e) {
            return List.of();
        }
    }

    private String text(List<QuorumRecovery.Plan> plans) {
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder();
        for (QuorumRecovery.Plan plan : plans) {
            text.append(
                    "group %d goes on with the replica of %s alone; the voters on nodes %s are given up%n"
                            .formatted(plan.groupId(), plan.on(), plan.lost()));
            text.append(
                    "  its log ends with %s; of that, at least up to index %d was committed%n"
                            .formatted(
                                    QuorumRecovery.text(plan.last()),
                                    plan.replica().hardState().commit()));
            for (Survivor other : plan.others()) {
                text.append("  the replica of %s is given up as well%n".formatted(other));
            }
        }
        text.append(line);
        text.append(
                """
                WHAT MAY BE LOST: all that was acknowledged behind those ends. Nobody can tell what
                  that was: only the disks that are gone had it. Keys may hold older values, and
                  keys that were deleted may be back.
                WHAT MAY APPEAR: writes at those ends that nobody was told had succeeded.
                NOT EXACTLY ONCE: a lost write is not known any more; sent again, it is done again.
                Nodes that are given up must never be started on the folders they had. Those that
                  reach this one DELETE what they have of the group; those that do not could go on
                  together as if nothing had happened, and there would be two histories.
                """);
        if (plans.stream().anyMatch(plan -> plan.groupId() == GroupSpec.MASTER)) {
            text.append(
                    """
                    GROUP 0 KNOWS THE CLUSTER: joins, leaves, moves and changes of nodes may be lost as
                      well. Groups that had carried them out know better than it does then: look at
                      'cluster query' and 'cluster status' before anything joins, leaves or moves.
                    """);
        }
        return text.append(line).toString();
    }

    private void ask() throws IOException {
        console.out().print("Type '" + CONSENT + "' to go on: ");
        console.out().flush();
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
        String answer = in.readLine();
        if (answer == null || !answer.strip().equals(CONSENT)) {
            throw new RefusedException("nothing was changed, for that was not the answer");
        }
    }

    private static String doneText(List<QuorumRecovery.Plan> plans) {
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder();
        TreeSet<String> changed = new TreeSet<>();
        plans.forEach(plan -> changed.add(plan.on().toString()));
        text.append("done, and noted for good in the file 'recoveries' of the folder").append(line);
        text.append("Next: start ").append(String.join(", ", changed));
        text.append(
                "; look at it with 'somekv cluster status'; then have other nodes get replicas");
        text.append(" with 'somekv group members GROUP --add NODE'").append(line);
        text.append(
                        "A node that runs on another disk than before, an empty one, comes back first with")
                .append(" 'somekv node replace NODE HOST:PORT' (its control port)")
                .append(line);
        return text.toString();
    }
}
