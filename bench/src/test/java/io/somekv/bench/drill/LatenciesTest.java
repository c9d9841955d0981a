package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class LatenciesTest {
    @Test
    void percentilesAreRightToWithinAThirtySecond() {
        Latencies latencies = new Latencies();
        for (int micros = 1; micros <= 100_000; micros++) {
            latencies.add(micros);
        }
        assertEquals(100_000, latencies.count());
        assertEquals(100, latencies.longestMillis());
        for (double percent : new double[] {0.01, 1, 50, 99, 99.9, 100}) {
            double exact = percent;
            double told = latencies.percentileMillis(percent);
            assertTrue(told >= exact && told <= exact * 33 / 32 + 0.001, percent + "%: " + told);
        }
    }

    @Test
    void oneThatIsLongerThanAllOthersIsTheLongest() {
        Latencies latencies = new Latencies();
        latencies.add(-1);
        latencies.add(0);
        latencies.add(3_600_000_000_000L);
        assertEquals(3_600_000_000.0, latencies.longestMillis());
        assertEquals(0, latencies.percentileMillis(50));
    }

    @Test
    void withoutAnyAllIsZero() {
        assertEquals(0, new Latencies().percentileMillis(99));
    }
}
