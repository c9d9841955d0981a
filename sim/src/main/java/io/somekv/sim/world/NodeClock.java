package io.somekv.sim.world;

import io.somekv.raft.Now;
import java.util.SplittableRandom;

/** The clocks of one node: a monotonic one that runs a little wrong, and a wall clock. */
final class NodeClock {
    static final long EPOCH_MILLIS = 1_700_000_000_000L;
    private static final double DRIFT_MAX = 500e-6;

    private final Timeline timeline;
    private final double rate;

    /** What the monotonic clock shows at the beginning; means nothing. */
    private final long startNanos;

    /** How far the wall clock is off. */
    private long offsetMillis;

    NodeClock(Timeline timeline, SplittableRandom random) {
        this.timeline = timeline;
        this.rate = 1 + (random.nextDouble() * 2 - 1) * DRIFT_MAX;
        this.startNanos = random.nextLong() >> 2;
    }

    Now now() {
        long elapsed = (long) (timeline.now() * rate);
        return new Now(startNanos + elapsed, EPOCH_MILLIS + elapsed / 1_000_000 + offsetMillis);
    }

    void offset(long millis) {
        offsetMillis = millis;
    }
}
