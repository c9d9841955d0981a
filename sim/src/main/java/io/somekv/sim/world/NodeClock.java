package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.raft.Now;
import java.util.SplittableRandom;

/**
 * The clocks of one node: a monotonic one that runs at a wrong rate, another one every few seconds,
 * and a wall clock, which somebody corrects and which may be wrong all the same.
 */
final class NodeClock {
    static final long EPOCH_MILLIS = 1_700_000_000_000L;

    /** Where the scenario wants no more. */
    private static final double DRIFT_MIN = 500e-6;

    private final Timeline timeline;
    private final SplittableRandom random;
    private final double wallRate;

    /** What the monotonic clock shows at the beginning; means nothing. */
    private final long startNanos;

    private double driftMax;

    /** The rate since {@code sinceNanos} of true time, when the clock showed {@code thenNanos}. */
    private double rate;

    private long sinceNanos;
    private long thenNanos;
    private long changesAtNanos;

    /** How far the wall clock is off. */
    private long offsetMillis;

    /**
     * @param driftPermilleMax by how much the monotonic clock's rate may be off
     */
    NodeClock(Timeline timeline, SplittableRandom random, int driftPermilleMax) {
        this.timeline = timeline;
        this.random = random;
        this.driftMax = Math.max(driftPermilleMax / 1e3, DRIFT_MIN);
        this.wallRate = 1 + (random.nextDouble() * 2 - 1) * DRIFT_MIN;
        this.startNanos = random.nextLong() >> 2;
        changeRate(0);
    }

    Now now() {
        long now = timeline.now();
        while (now >= changesAtNanos) {
            changeRate(changesAtNanos);
        }
        long wallMillis = (long) (now * wallRate) / 1_000_000;
        return new Now(startNanos + elapsed(now), EPOCH_MILLIS + wallMillis + offsetMillis);
    }

    private long elapsed(long now) {
        return thenNanos + (long) ((now - sinceNanos) * rate);
    }

    /** A bound is worth something where clocks reach it: every other rate is the worst one. */
    private void changeRate(long at) {
        thenNanos = elapsed(at);
        sinceNanos = at;
        double drift =
                switch (random.nextInt(4)) {
                    case 0 -> driftMax;
                    case 1 -> -driftMax;
                    default -> (random.nextDouble() * 2 - 1) * driftMax;
                };
        rate = 1 + drift;
        changesAtNanos = at + SECOND + random.nextLong(10 * SECOND);
    }

    void offset(long millis) {
        offsetMillis = millis;
    }

    /** It runs nearly right from now on. */
    void quiet() {
        now();
        driftMax = DRIFT_MIN;
        changeRate(timeline.now());
    }
}
