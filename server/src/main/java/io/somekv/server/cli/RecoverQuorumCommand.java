package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
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
            "Stop all nodes that are left, name the data folders of as many as there are (those of other"
                    + " machines copied here), and then start the node whose folder was changed. Other"
                    + " replicas come back with 'group members --add', or 'node replace'.",
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
                    "Also where it is refused: with a replica that is behind another one or does not"
                            + " vote, or while nodes that are given up answer.")
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
                if (!isForced) {
                    checkLost(recovery, plans);
                }
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

    private List<QuorumRecovery.Plan> plans(QuorumRecovery recovery) {
        List<Long> groups = which.isAll ? recovery.groupsThatLostMajority() : which.groups;
        if (groups.isEmpty()) {
            throw new RefusedException(
                    "the folders hold a majority of every group: start their nodes. Nothing was"
                            + " changed");
        }
        return groups.stream()
                .distinct()
                .map(group -> recovery.plan(group, Optional.ofNullable(used), isForced))
                .toList();
    }

    /** A node that answers from the disk that it had is not lost. */
    private static void checkLost(QuorumRecovery recovery, List<QuorumRecovery.Plan> plans)
            throws IOException {
        TreeSet<Long> lost = new TreeSet<>();
        plans.forEach(plan -> lost.addAll(plan.lost()));
        TreeMap<Long, NodeInfo> known = new TreeMap<>();
        for (Survivor survivor : recovery.survivors()) {
            NodeFolder folder = survivor.folder();
            folder.cluster()
                    .map(KnownCluster::nodes)
                    .ifPresent(n -> n.forEach(i -> known.put(i.nodeId(), i)));
            folder.map()
                    .map(ClusterMap::nodes)
                    .ifPresent(n -> n.forEach(i -> known.put(i.nodeId(), i)));
        }
        for (long node : lost) {
            NodeInfo info = known.get(node);
            if (info != null && answers(info)) {
                throw new RefusedException(
                        "node "
                                + node
                                + " is not lost: it answers at "
                                + info.host()
                                + ":"
                                + info.grpcPort()
                                + ", on the disk that it had. If that is not enough for a majority,"
                                + " stop it and name its folder as well. Nothing was changed");
            }
        }
    }

    private static boolean answers(NodeInfo info) {
        try (ControlChannel channel = ControlChannel.to(info.host() + ":" + info.grpcPort())) {
            return channel.status(NodeOption.PROBE_MILLIS)
                    .getNode()
                    .getStoreId()
                    .equals(info.storeId().toString());
        } catch (ControlException e) {
            return false;
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
                Nodes that are given up must never be started on the folders they had: together
                  they could go on as if nothing had happened, and there would be two histories.
                """);
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
        return text.toString();
    }
}
