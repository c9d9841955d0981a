package io.somekv.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The clocks of a schedule's replicas, none of which is right. */
final class RandomClocks {
    /** Of each monotonic clock; leases, in half of the schedules, reckon with as much. */
    static final int DRIFT_PERMILLE_MAX = 100;

    private final SplittableRandom random;

    /** Each clock is as slow or as fast as any may be: what leases must bear. */
    private final boolean isExtreme;

    private final List<Long> skewMillis = new ArrayList<>();
    private final List<Integer> driftPermille = new ArrayList<>();

    RandomClocks(SplittableRandom random, boolean isExtreme) {
        this.random = random;
        this.isExtreme = isExtreme;
    }

    /** Those of one more replica. */
    void add() {
        skewMillis.add(random.nextInt(4) == 0 ? random.nextLong(100_000) : 0);
        driftPermille.add(drift());
    }

    private int drift() {
        if (isExtreme) {
            return random.nextBoolean() ? DRIFT_PERMILLE_MAX : -DRIFT_PERMILLE_MAX;
        }
        return random.nextInt(-DRIFT_PERMILLE_MAX, DRIFT_PERMILLE_MAX + 1);
    }

    /**
     * @param nanos that have really gone by
     */
    Now read(int replica, long nanos) {
        long own = nanos * (1000 + driftPermille.get(replica)) / 1000;
        return new Now(own, 1_000_000_000L + nanos / 1_000_000 + skewMillis.get(replica));
    }
}
