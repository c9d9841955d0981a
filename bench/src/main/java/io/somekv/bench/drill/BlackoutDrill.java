package io.somekv.bench.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * All three processes killed with -9 at once under write load, and started again: no acknowledged
 * write may be missing. {@code kill -9} leaves the page cache alone, so this shows that recovery
 * works, not that anything was synced; that is shown on a disk that loses what was not.
 */
@Command(
        name = "blackout",
        mixinStandardHelpOptions = true,
        description =
                "Kill all three nodes at once under write load; no acknowledged write is lost.")
public final class BlackoutDrill implements Callable<Integer> {
    private static final int KEYS_PER_CLIENT = 100;
    private static final int CEASED_SECONDS = 2;

    @Mixin private DrillOptions options = new DrillOptions();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often all are killed (${DEFAULT-VALUE}).")
    private int rounds = 3;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Load before each kill (${DEFAULT-VALUE}).")
    private int seconds = 10;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Outcomes outcomes = new Outcomes(options.clients() * KEYS_PER_CLIENT);
        int lost = 0;
        try (Nodes nodes = options.startNodes()) {
            for (int round = 1; round <= rounds; round++) {
                long down = loadAndKill(nodes, outcomes);
                if (!nodes.startAll()) {
                    System.out.printf(
                            "round %d: the nodes do not serve again; all %d acknowledged writes"
                                    + " are gone%n",
                            round, outcomes.acknowledgements());
                    lost += outcomes.keys();
                    break;
                }
                long millis = (System.nanoTime() - down) / 1_000_000;
                int wrong = verify(nodes, outcomes);
                long differing = Replicas.differing(nodes);
                lost += wrong + (int) differing;
                System.out.printf(
                        "round %d: %d writes acknowledged so far, %d unknown; all nodes serve again"
                                + " after %d ms; %d of %d keys wrong; state digests of replicas"
                                + " %s%n",
                        round,
                        outcomes.acknowledgements(),
                        outcomes.unknowns(),
                        millis,
                        wrong,
                        outcomes.keys(),
                        differing == 0 ? "equal" : "DIFFER in " + differing + " groups");
            }
        }
        System.out.printf(
                "longest pause that a client saw between two acknowledgements: %d ms%n",
                outcomes.longestPauseMillis());
        System.out.println(lost == 0 ? "no acknowledged write was lost" : "WRITES WERE LOST");
        return lost == 0 ? 0 : 1;
    }

    /** Returns when the nodes went down. */
    private long loadAndKill(Nodes nodes, Outcomes outcomes)
            throws IOException, InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < options.clients(); client++) {
                int first = client * KEYS_PER_CLIENT;
                threads.execute(() -> write(nodes, outcomes, first, stop));
            }
            TimeUnit.SECONDS.sleep(seconds);
            if (options.ceasesToSync()) {
                nodes.syncs(false);
                TimeUnit.SECONDS.sleep(CEASED_SECONDS);
            }
            nodes.checkAlive();
            nodes.killAll();
            nodes.syncs(true);
            stop.set(true);
            return System.nanoTime();
        } finally {
            stop.set(true);
        }
    }

    private static void write(Nodes nodes, Outcomes outcomes, int firstKey, AtomicBoolean stop) {
        int node = firstKey / KEYS_PER_CLIENT % nodes.count() + 1;
        try (NodeClient client = new NodeClient(nodes, node)) {
            long last = System.nanoTime();
            for (int i = 0; !stop.get(); i++) {
                int key = firstKey + i % KEYS_PER_CLIENT;
                long version = outcomes.send(key);
                if (client.set(keyOf(key), bytesOf(Long.toString(version)))) {
                    long now = System.nanoTime();
                    outcomes.acknowledge(key, version, now - last);
                    last = now;
                } else {
                    outcomes.unknown();
                }
            }
        }
    }

    /** How many keys do not hold what the clients were told; prints the first few. */
    private static int verify(Nodes nodes, Outcomes outcomes) throws InterruptedException {
        int wrong = 0;
        long deadline = System.nanoTime() + 60_000_000_000L;
        try (NodeClient client = new NodeClient(nodes, 1)) {
            for (int key = 0; key < outcomes.keys(); key++) {
                Optional<byte[]> value = client.get(keyOf(key), deadline);
                long version =
                        value.map(bytes ->
                                        Long.parseLong(new String(bytes, StandardCharsets.UTF_8)))
                                .orElse(0L);
                if (!outcomes.explains(key, version) && ++wrong <= 10) {
                    System.out.printf(
                            "key %d: read %d, acknowledged %d%n",
                            key, version, outcomes.acknowledged(key));
                }
            }
        }
        return wrong;
    }

    private static byte[] keyOf(int key) {
        return bytesOf("blackout:" + key);
    }

    private static byte[] bytesOf(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
