package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Of each call one copy counts, in whatever order they come. */
class CallFilterTest {
    private static final long NODE = 3;

    private final CallFilter filter = new CallFilter();

    private boolean admits(long incarnation, int lane, long number) {
        return filter.admit(NODE, incarnation, number << Tokens.LANE_BITS | lane);
    }

    @Test
    void theFirstCopyCountsAndNoOther() {
        assertTrue(admits(1, 0, 50));
        assertFalse(admits(1, 0, 50));
        assertTrue(admits(1, 0, 49));
        assertTrue(admits(1, 0, 51));
        assertFalse(admits(1, 0, 49));
        assertFalse(admits(1, 0, 51));
    }

    @Test
    void lanesAndNodesCountForThemselves() {
        assertTrue(admits(1, 0, 50));
        assertTrue(admits(1, 1, 50));
        assertTrue(filter.admit(NODE + 1, 1, 50L << Tokens.LANE_BITS));
    }

    @Test
    void whatTheWindowHasLeftBehindIsTakenForACopy() {
        long last = 50 + CallFilter.WINDOW;
        assertTrue(admits(1, 0, last));
        assertFalse(admits(1, 0, 50));
        assertTrue(admits(1, 0, 51));
    }

    @Test
    void aNewLifeBeginsAnewAndEndsTheOneBefore() {
        assertTrue(admits(1, 0, 1_000_000));
        assertTrue(admits(2, 0, 7));
        assertFalse(admits(1, 0, 1_000_001));
        assertFalse(admits(2, 0, 7));
    }

    /** Against a set that forgets nothing, over jumps small and large. */
    @Test
    void asASetWithinTheWindow() {
        SplittableRandom random = new SplittableRandom(1);
        TreeSet<Long> seen = new TreeSet<>();
        long top = 1L << 40;
        for (int i = 0; i < 50_000; i++) {
            top += random.nextInt(8) == 0 ? random.nextInt(3 * CallFilter.WINDOW) : 0;
            long number = top - random.nextInt(2 * CallFilter.WINDOW);
            long highest = seen.isEmpty() ? number - 1 : seen.last();
            boolean inside = number > highest - CallFilter.WINDOW;
            assertEquals(inside && !seen.contains(number), admits(1, 0, number));
            if (inside) {
                seen.add(number);
            }
        }
    }
}
