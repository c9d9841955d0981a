package io.somekv.bench.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One of five nodes is killed for good, and nobody does anything about it: how long until every
 * group has three replicas again. It comes back for the next round, in which another goes.
 */
@Command(
        name = "replacement",
        mixinStandardHelpOptions = true,
        description =
                "Kill one of five nodes, and see how long it takes the cluster to give every group"
                        + " three replicas again, without an operator.")
public final class ReplacementDrill implements Callable<Integer> {
    private static final int NODES = 5;
    private static final int GROUPS = 5;
    private static final int REPLICAS = 3;
    private static final int SHARDS = 64;
    private static final long LOOK_AGAIN_MILLIS = 50;
    private static final long PATIENCE_NANOS = 300_000_000_000L;
    private static final int VALUE_SIZE = 10_000;

    @Mixin private DrillOptions options = new DrillOptions();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How often a node is killed (${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = "--dead-after",
            paramLabel = "SECONDS",
            description = "After which silence a node is replaced (${DEFAULT-VALUE}).")
    private int deadAfterSeconds = 5;

    @Option(
            names = "--megabytes",
            paramLabel = "N",
            description = "Of values written before, over all groups (${DEFAULT-VALUE}).")
    private int megabytes = 100;

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Long> millis = new ArrayList<>();
        try (Nodes nodes = options.nodesAt(Places.loopback(NODES), options.makeFolder())) {
            form(nodes);
            load(nodes);
            awaitThree(nodes, 0);
            for (int round = 0; round < rounds; round++) {
                int victim = round % NODES + 1;
                nodes.kill(victim);
                long killed = System.nanoTime();
                awaitThree(nodes, victim);
                millis.add((System.nanoTime() - killed) / 1_000_000);
                System.out.printf(
                        "node %d killed: every group has three replicas again after %d ms%n",
                        victim, millis.getLast());
                nodes.start(victim);
                awaitThree(nodes, 0);
            }
        }
        List<Long> sorted = millis.stream().sorted().toList();
        System.out.printf(
                "median of %d: %d ms, of which %d ms is the silence that is waited for; longest %d"
                        + " ms%n",
                sorted.size(),
                sorted.get(sorted.size() / 2),
                deadAfterSeconds * 1_000,
                sorted.getLast());
        return 0;
    }

    private void form(Nodes nodes) throws IOException, InterruptedException {
        for (int node = 1; node <= NODES; node++) {
            nodes.start(node);
        }
        List<NodeInfo> others = new ArrayList<>();
        for (int node = 1; node <= NODES; node++) {
            awaitControl(nodes, node);
            if (node > 1) {
                others.add(ControlChannel.nodeAt(nodes.controlAddress(node)));
            }
        }
        try (ControlChannel channel = ControlChannel.to(nodes.controlAddress(1))) {
            channel.startCluster(others, SHARDS);
            channel.tuneCaretaker(
                    CaretakerSettings.DEFAULTS
                            .withDuties(List.of(CaretakerSettings.Duty.REPLACE))
                            .withDeadAfter(deadAfterSeconds * 1_000L));
            channel.join(
                    LongStream.rangeClosed(1, GROUPS).mapToObj(ReplacementDrill::spec).toList(),
                    List.of());
        }
        if (!nodes.allServe()) {
            throw new IOException("the nodes do not serve");
        }
    }

    /** Three nodes in a row, each group from another one on. */
    private static GroupSpec spec(long group) {
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        for (int i = 0; i < REPLICAS; i++) {
            replicas.add(new GroupSpec.Replica(i + 1, (group + i) % NODES + 1));
        }
        return new GroupSpec(group, replicas);
    }

    private static void awaitControl(Nodes nodes, int node)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (System.nanoTime() - end < 0) {
            try (ControlChannel channel = ControlChannel.to(nodes.controlAddress(node))) {
                channel.status(1_000);
                return;
            } catch (ControlException e) {
                TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
            }
        }
        throw new IOException("node " + node + " does not answer");
    }

    private void load(Nodes nodes) throws IOException {
        byte[] value = new byte[VALUE_SIZE];
        try (NodeClient client = new NodeClient(nodes, 1)) {
            for (int i = 0; i < megabytes * (1_000_000 / VALUE_SIZE); i++) {
                byte[] key = ("replacement:" + i).getBytes(UTF_8);
                if (!client.set(key, value)) {
                    throw new IOException("a write was not acknowledged");
                }
            }
        }
        System.out.printf(
                "%d nodes, %d groups of three, %d MB of values%n", NODES, GROUPS, megabytes);
    }

    /**
     * @param dead the node that does not count; 0 for none
     */
    private static void awaitThree(Nodes nodes, int dead) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!haveThree(nodes, dead)) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("a group lacks replicas for minutes");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    private static boolean haveThree(Nodes nodes, int dead) {
        Map<Long, ReplicaStatus> leaders = new TreeMap<>();
        for (int node = 1; node <= NODES; node++) {
            if (node == dead) {
                continue;
            }
            try (ControlChannel channel = ControlChannel.to(nodes.controlAddress(node))) {
                GetStatusResponse status = channel.status(1_000);
                for (ReplicaStatus replica : status.getReplicasList()) {
                    if (replica.getRole().equals("LEADER")) {
                        leaders.merge(
                                replica.getGroupId(),
                                replica,
                                (a, b) -> a.getTerm() > b.getTerm() ? a : b);
                    }
                }
            } catch (ControlException e) {
                return false;
            }
        }
        return LongStream.rangeClosed(1, GROUPS)
                .allMatch(group -> leaders.containsKey(group) && isWhole(leaders.get(group), dead));
    }

    private static boolean isWhole(ReplicaStatus leader, int dead) {
        long voters =
                leader.getMembersList().stream()
                        .filter(member -> member.getNodeId() != dead)
                        .map(GroupMember::getRole)
                        .filter("VOTER"::equals)
                        .count();
        return voters == REPLICAS && !leader.getChanging();
    }
}
