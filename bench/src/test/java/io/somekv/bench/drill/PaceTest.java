package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

final class PaceTest {
    @Test
    void aPartIsLoadedOnlyWhenItIsOpen() {
        Pace pace = new Pace(10, 2);
        pace.openPart(0);
        for (int row = 0; row < 5; row++) {
            assertEquals(row, pace.take());
            pace.finish();
        }
        pace.awaitMiddleOfPart(0);
        Thread blocked = Thread.ofVirtual().start(pace::take);
        // Parked in take(), with nothing open: it can only go on once the next part is.
        assertTrue(blocked.isAlive());
        pace.openPart(1);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10), () -> blocked.join());
        assertEquals(6, pace.take());
    }

    @Test
    void whoTakesFromAnEmptyLoadIsSentHome() {
        Pace pace = new Pace(1, 1);
        pace.stopGating();
        assertEquals(0, pace.take());
        assertEquals(-1, pace.take());
    }
}
