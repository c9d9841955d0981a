package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.raft.Now;
import org.junit.jupiter.api.Test;

class TrafficWatchTest {
    private final TrafficWatch traffic = new TrafficWatch();

    private static Now at(long millis) {
        return new Now(millis * 1_000_000, 0);
    }

    @Test
    void nobodyIsBusyBeforeAnythingWasCountedTwice() {
        assertFalse(traffic.isBusy(at(0)));
        traffic.count(at(0), 1, 1_000_000);
        assertFalse(traffic.isBusy(at(0)));
    }

    @Test
    void aHundredRequestsASecondAreBusy() {
        traffic.count(at(0), 1, 0);
        traffic.count(at(1_000), 1, 99);
        assertFalse(traffic.isBusy(at(1_000)));
        traffic.count(at(2_000), 1, 199);
        assertTrue(traffic.isBusy(at(2_000)));
    }

    /** Each piece is counted: over a millisecond, one request would be a thousand a second. */
    @Test
    void itIsCountedOverAWhile() {
        traffic.count(at(0), 1, 0);
        for (int i = 1; i <= 1_000; i++) {
            traffic.count(at(i), 1, i / 100);
            assertFalse(traffic.isBusy(at(i)));
        }
    }

    /** Of one group by its own leader, of another by the pieces that come from there. */
    @Test
    void eitherEndCounts() {
        for (int i = 0; i < 10; i++) {
            traffic.count(at(250L * i), 1, 7);
            traffic.count(at(250L * i), 2, 50L * i);
        }
        assertTrue(traffic.isBusy(at(2_250)));
    }

    /** Its count is another one, which says nothing of the time before. */
    @Test
    void anotherLeaderIsCountedAnew() {
        traffic.count(at(0), 1, 5_000);
        traffic.count(at(1_000), 1, 10);
        traffic.count(at(2_000), 1, 20);
        assertFalse(traffic.isBusy(at(2_000)));
    }

    @Test
    void itIsOverAfterAWhile() {
        traffic.count(at(0), 1, 0);
        traffic.count(at(1_000), 1, 5_000);
        assertTrue(traffic.isBusy(at(10_999)));
        assertFalse(traffic.isBusy(at(11_000)));
    }
}
