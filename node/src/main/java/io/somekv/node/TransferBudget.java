package io.somekv.node;

import io.somekv.raft.Now;

/**
 * What a lane spends on copying shards into its groups: so many bytes a second, and no more time
 * than it leaves. A piece that took long, because clients keep the groups busy, is followed by a
 * rest as long: so copying yields to them, and nobody need measure how busy they are.
 */
final class TransferBudget {
    /** May be spent at once: a lane looks at what rests once a tick. */
    private static final long AHEAD_NANOS_MAX = 20_000_000L;

    private static final long SECOND_NANOS = 1_000_000_000L;

    /** Until when what was copied is paid for. */
    private long paidNanos;

    private boolean hasBegun;

    boolean mayGoOn(Now now) {
        return !hasBegun || paidNanos - now.nanos() <= AHEAD_NANOS_MAX;
    }

    /**
     * A piece was copied.
     *
     * @param tookNanos from the question for it until it was staged
     */
    void spend(Now now, long bytes, long tookNanos, long bytesPerSecondMax) {
        long share = (long) ((double) bytes / bytesPerSecondMax * SECOND_NANOS);
        long from = hasBegun ? Math.max(paidNanos, now.nanos()) : now.nanos();
        hasBegun = true;
        paidNanos = from + Math.max(share, tookNanos);
    }
}
