package io.somekv.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.sim.check.Linearizability.Verdict;
import java.util.List;

/** What the checker says of a history, as a test expects it. */
final class HistoryAssertions {
    /** More than any history here needs that can be told at all. */
    static final long STEPS_MAX = 1_000_000;

    private HistoryAssertions() {}

    /** As where all clocks are right. */
    static Verdict check(List<Operation> operations, long stepsMax) {
        return Linearizability.check(operations, LogTimeBounds.CLOCKS_RIGHT, stepsMax);
    }

    /** The history, as {@link Histories} reads it, is linearizable. */
    static void good(String history) {
        assertEquals(new Verdict.Linearizable(), check(Histories.parse(history), STEPS_MAX));
    }

    /** The history is not. */
    static void broken(String history) {
        assertInstanceOf(Verdict.Violated.class, check(Histories.parse(history), STEPS_MAX));
    }

    /** Good where a slow clock may lead. */
    static void brokenOnlyWhereClocksAreRight(String history) {
        broken(history);
        assertEquals(
                new Verdict.Linearizable(),
                Linearizability.check(
                        Histories.parse(history), LogTimeBounds.CLOCKS_WRONG, STEPS_MAX));
    }
}
