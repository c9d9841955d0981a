package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/**
 * Many random schedules, all of which must end well. The simulator does the same with the real node
 * around it; this one is quick enough for every build.
 */
final class RandomClusterTest {
    private static final int RUNS = 600;

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
}
