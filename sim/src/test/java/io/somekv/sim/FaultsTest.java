package io.somekv.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.sim.world.Fault;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/** Each kind of fault strikes, in runs that are judged like all others. */
final class FaultsTest {
    private static final long SEEDS_MAX = 120;

    @Test
    void everyKindStrikes() {
        EnumSet<Fault> missing = EnumSet.allOf(Fault.class);
        for (long seed = 1; seed <= SEEDS_MAX && !missing.isEmpty(); seed++) {
            RunResult result = Simulation.run(seed);
            assertTrue(result.isGood(), result::toString);
            missing.removeAll(result.struck().keySet());
        }
        assertTrue(missing.isEmpty(), missing::toString);
    }
}
