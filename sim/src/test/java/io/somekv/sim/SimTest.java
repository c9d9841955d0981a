package io.somekv.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.somekv.base.Mutation;
import io.somekv.sim.world.Scenario;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What `./check` runs of the simulator; {@code somekv sim} runs as much as one likes. */
final class SimTest {
    private static final long FIXED_SEEDS = 60;
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(8);

    @Test
    void fixedSeeds() throws InterruptedException {
        expectNoFailure(1, FIXED_SEEDS, Long.MAX_VALUE);
    }

    /**
     * What these showed, as the workload was then: 11531, a node that went by the answer to one of
     * two copies of a call (docs/decisions/0003); 159, a node that kept asking one it had never
     * heard of; 7100373, a history that the search among unknown writes gave up on; 60003850, a cut
     * that leaves two wrong clocks and one right one to a group of five, whose log time ran ahead:
     * nobody in that quorum can tell, and the checker asked too much; 900000053, a history of reads
     * that may be old which was not decided in time; 900037773, such a read that showed a key which
     * had ended; 65 and 500012, shards that could not come to a group whose leader's clock is slow.
     */
    @Test
    void seedsThatFailed() throws InterruptedException {
        for (long seed :
                new long[] {
                    11_531, 159, 7_100_373, 60_003_850, 900_000_053, 900_037_773, 65, 500_012
                }) {
            expectNoFailure(seed, 1, Long.MAX_VALUE);
        }
    }

    /** Of {@code --moves}: entries in which more than one step of a move is carried out. */
    @Test
    void seedsWithMovesThatFailed() throws InterruptedException {
        for (long seed : new long[] {2_001_075, 2_100_185, 2_200_966}) {
            expectNoFailure(seed, 1, Long.MAX_VALUE, Scenario.Draw.MOVES);
        }
    }

    @Test
    void freshSeeds() throws InterruptedException {
        long first = System.currentTimeMillis() << 20;
        System.out.println("fresh simulation seeds from " + first);
        expectNoFailure(first, Long.MAX_VALUE / 2, FRESH_NANOS);
    }

    private static void expectNoFailure(long first, long runs, long nanos)
            throws InterruptedException {
        expectNoFailure(first, runs, nanos, Scenario.Draw.ANY);
    }

    private static void expectNoFailure(long first, long runs, long nanos, Scenario.Draw draw)
            throws InterruptedException {
        int threads = Runtime.getRuntime().availableProcessors();
        Campaign.Plan plan =
                new Campaign.Plan(
                        first, runs, nanos, threads, draw, EnumSet.noneOf(Mutation.class));
        Optional<RunResult> failure = Campaign.run(plan, _ -> {}).failure();
        assertEquals(
                Optional.empty(),
                failure.map(run ->
                        "somekv sim "
                                + (draw == Scenario.Draw.MOVES ? "--moves " : "")
                                + "--seed "
                                + run.seed()
                                + ": "
                                + run.failure().orElse("")));
    }

    /** Hash orders are salted once a JVM: a run that depended on one would differ in another. */
    @Test
    void sameSeedSameTraceInAnotherJvm() throws IOException, InterruptedException {
        long seed = 7;
        Process other =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                SimCommand.class.getName(),
                                "--seed",
                                String.valueOf(seed))
                        .redirectErrorStream(true)
                        .start();
        byte[] output = other.getInputStream().readAllBytes();
        assertEquals(0, other.waitFor(), () -> new String(output, StandardCharsets.UTF_8));
        List<String> lines = new String(output, StandardCharsets.UTF_8).lines().toList();
        assertEquals(Simulation.run(seed).hashLine(), lines.getLast());
    }

    /** Runs under a reader are the same runs. */
    @Test
    void readingATraceChangesNothing() {
        RunResult plain = Simulation.run(11);
        StringBuilder text = new StringBuilder();
        RunResult read =
                Simulation.run(
                        11,
                        Scenario.Draw.ANY,
                        EnumSet.noneOf(Mutation.class),
                        Optional.of(line -> text.append(line).append('\n')));
        assertEquals(plain, read);
        assertFalse(text.isEmpty());
    }

    /** A bug that is easy to find is found, so that the checkers are known to be plugged in. */
    @Test
    void aMutantIsFound() throws InterruptedException {
        MutantTable.Row row =
                MutantTable.search(Mutation.RETRY_UNDER_NEW_ID, Scenario.Draw.ANY, 60, 2);
        assertEquals(true, row.found(), row.toString());
    }
}
