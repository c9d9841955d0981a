package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.EnumSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many random schedules, all of which must end well. The simulator does the same with the real node
 * around it; this one is quick enough for every build.
 */
final class RandomClusterTest {
    private static final int RUNS = 600;

    /** Several times what it takes. */
    private static final int SEEDS_MAX = 600;

    @Test
    void propertiesOfFigure3HoldUnderFaults() {
        long committed = 0;
        long reads = 0;
        long changes = 0;
        long installs = 0;
        long quietTicks = 0;
        long handOvers = 0;
        for (long seed = 1; seed <= RUNS; seed++) {
            RandomSchedule run = new RandomSchedule(seed, EnumSet.noneOf(Mutation.class));
            run.all();
            committed += run.checks.agreedCount();
            reads += run.readsConfirmed;
            changes += run.changes;
            installs += run.installs;
            quietTicks += run.quietTicks;
            handOvers += run.handOvers;
        }
        assertTrue(committed > RUNS * 20, "the schedules let work be done: " + committed);
        assertTrue(reads > RUNS, "reads are confirmed: " + reads);
        assertTrue(changes > 2 * RUNS, "members come and go: " + changes);
        assertTrue(installs > RUNS, "snapshots are taken in: " + installs);
        assertTrue(quietTicks > 10 * RUNS, "groups go quiet: " + quietTicks);
        assertTrue(handOvers > RUNS / 2, "leaders spare their disks: " + handOvers);
    }

    /**
     * A bug that nothing finds has not been looked for: how many schedules it takes stands in
     * docs/MUTANTS.md, and is printed.
     */
    @ParameterizedTest
    @CsvSource({
        "READ_JOINS_RUNNING_ROUND, 1",
        "READ_JOINS_RUNNING_ROUND, 10001",
        "READ_JOINS_RUNNING_ROUND, 20001",
        "LEASE_KEPT_ON_TRANSFER, 1"
    })
    @Tag("kb-32")
    @Tag("kb-34")
    void aBugThatIsPutBackIsFound(Mutation mutation, int firstSeed) {
        int seeds = seedsToDetection(mutation, firstSeed);
        System.out.printf("%s from seed %d: %d schedules%n", mutation, firstSeed, seeds);
        assertTrue(seeds <= SEEDS_MAX, mutation.toString());
    }

    private static int seedsToDetection(Mutation mutation, int firstSeed) {
        for (int seeds = 1; seeds <= SEEDS_MAX; seeds++) {
            try {
                new RandomSchedule(firstSeed + seeds - 1, EnumSet.of(mutation)).all();
            } catch (Invariant.Violation found) {
                return seeds;
            }
        }
        return SEEDS_MAX + 1;
    }
}
