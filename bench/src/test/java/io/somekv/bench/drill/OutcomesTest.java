package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The drill's judgement, on reads that keep a promise and on reads that break one. */
final class OutcomesTest {
    private final Outcomes outcomes = new Outcomes(2);

    @Test
    void aLostWriteIsFound() {
        outcomes.acknowledge(0, outcomes.send(0), 1);
        assertFalse(outcomes.explains(0, 0));
        outcomes.acknowledge(0, outcomes.send(0), 1);
        assertFalse(outcomes.explains(0, 1));
        assertTrue(outcomes.explains(0, 2));
    }

    @Test
    void anUnknownWriteMayHaveHappenedOrNot() {
        outcomes.acknowledge(0, outcomes.send(0), 1);
        outcomes.send(0);
        outcomes.unknown();
        assertTrue(outcomes.explains(0, 1));
        assertTrue(outcomes.explains(0, 2));
        assertEquals(1, outcomes.unknowns());
    }

    @Test
    void aValueThatNobodySentIsFound() {
        outcomes.send(0);
        assertFalse(outcomes.explains(0, 2));
        assertFalse(outcomes.explains(1, 1));
    }

    @Test
    void theLongestPauseIsKept() {
        outcomes.acknowledge(0, outcomes.send(0), 5_000_000);
        outcomes.acknowledge(0, outcomes.send(0), 2_000_000);
        assertEquals(5, outcomes.longestPauseMillis());
        assertEquals(2, outcomes.acknowledgements());
    }
}
