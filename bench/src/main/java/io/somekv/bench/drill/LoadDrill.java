package io.somekv.bench.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A real data set is loaded while the leader of group 1 is killed with -9 and started again three
 * times, then each of the others once, unless fewer kills are asked for. Afterwards every key reads
 * back byte-identical, through another node than the one it was written through.
 */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        description = "Load real records while nodes are killed; every key reads back identical.")
public final class LoadDrill implements Callable<Integer> {
    private static final int NODES = 3;
    private static final int LEADER_KILLS = 3;

    @Mixin private DrillOptions options = new DrillOptions();

    @Option(
            names = "--records",
            paramLabel = "FILE",
            description = "Output of `apt-cache dumpavail`, which is run unless this is given.")
    private @Nullable Path file;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often a node is killed, the leader first (${DEFAULT-VALUE}).")
    private int kills = LEADER_KILLS + NODES - 1;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Map<String, byte[]> records = Records.load(Optional.ofNullable(file));
        List<Map.Entry<String, byte[]>> rows = List.copyOf(records.entrySet());
        System.out.println(rows.size() + " records to load");
        Outcomes outcomes = new Outcomes(rows.size());
        Pace pace = new Pace(rows.size(), kills + 1);
        try (Nodes nodes = options.startNodes()) {
            long began = System.nanoTime();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int client = 0; client < options.clients(); client++) {
                    threads.execute(() -> load(nodes, rows, outcomes, pace));
                }
                try {
                    killOneAfterTheOther(nodes, pace);
                } finally {
                    pace.stopGating();
                }
            }
            long millis = (System.nanoTime() - began) / 1_000_000;
            System.out.printf(
                    "%d records acknowledged in %d ms, %d attempts with unknown outcome sent again;"
                            + " longest pause of a client %d ms%n",
                    outcomes.acknowledgements(),
                    millis,
                    outcomes.unknowns(),
                    outcomes.longestPauseMillis());
            int wrong = verify(nodes, rows);
            System.out.printf("%d of %d keys wrong%n", wrong, rows.size());
            return wrong == 0 ? 0 : 1;
        }
    }

    private void killOneAfterTheOther(Nodes nodes, Pace pace)
            throws IOException, InterruptedException {
        int node = 0;
        for (int kill = 0; kill < kills; kill++) {
            node = kill < LEADER_KILLS ? nodes.leaderOf(1) : node % NODES + 1;
            pace.openPart(kill);
            pace.awaitMiddleOfPart(kill);
            nodes.kill(node);
            System.out.printf("node %d killed at %d records%n", node, pace.done());
            // Long enough that the others elect a leader without it.
            Thread.sleep(2_000);
            nodes.start(node);
            if (!NodeClient.await(nodes, node)) {
                throw new IOException("node " + node + " does not serve again");
            }
        }
    }

    /** One client: takes records until there are none, each until it is acknowledged. */
    private static void load(
            Nodes nodes, List<Map.Entry<String, byte[]>> rows, Outcomes outcomes, Pace pace) {
        for (int row = pace.take(); row >= 0; row = pace.take()) {
            byte[] key = bytesOf(rows.get(row).getKey());
            byte[] value = rows.get(row).getValue();
            long began = System.nanoTime();
            try (NodeClient client = new NodeClient(nodes, writtenThrough(row))) {
                long version = outcomes.send(row);
                // The same value again: it does no harm that an attempt before may count as well.
                while (!client.set(key, value)) {
                    outcomes.unknown();
                }
                outcomes.acknowledge(row, version, System.nanoTime() - began);
            }
            pace.finish();
        }
    }

    private static int verify(Nodes nodes, List<Map.Entry<String, byte[]>> rows)
            throws InterruptedException {
        int wrong = 0;
        long deadline = System.nanoTime() + 600_000_000_000L;
        for (int node = 1; node <= NODES; node++) {
            try (NodeClient client = new NodeClient(nodes, node)) {
                for (int row = 0; row < rows.size(); row++) {
                    if (writtenThrough(row) % NODES + 1 != node) {
                        continue;
                    }
                    Map.Entry<String, byte[]> expected = rows.get(row);
                    Optional<byte[]> value = client.get(bytesOf(expected.getKey()), deadline);
                    if (!value.map(bytes -> Arrays.equals(bytes, expected.getValue()))
                            .orElse(false)) {
                        wrong++;
                        System.out.println("wrong: " + expected.getKey());
                    }
                }
            }
        }
        return wrong;
    }

    /** The node that a record is first written through; it is read through the next one. */
    private static int writtenThrough(int row) {
        return row % NODES + 1;
    }

    private static byte[] bytesOf(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
