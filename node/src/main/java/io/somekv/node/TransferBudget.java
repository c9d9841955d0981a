package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.raft.Now;

/**
 * What a lane spends on copying shards into its groups: so many bytes a second, and no more time
 * than it leaves. After a piece it rests as long as that took, or seven times as long where clients
 * are served: who asks while a piece is under way waits for it. It rests longer in the measure by
 * which a piece took longer than the fastest, for then somebody waits: clients, or a disk that is
 * behind with what was copied before (as TCP Vegas does: Brakmo and Peterson 1995).
 */
final class TransferBudget {
    /** May be spent at once: a lane looks at what rests once a tick. */
    private static final long AHEAD_NANOS_MAX = 20_000_000L;

    /** Where clients are served: an eighth of the time. */
    private static final double RESTS_AMONG_CLIENTS = 7;

    /** Rests at most so many times as long as a piece took: it goes on however busy others are. */
    private static final double RESTS_MAX = 16;

    /** A piece that took for seconds waited for an election, or a message that was lost. */
    private static final long REST_NANOS_MAX = 2_000_000_000L;

    /** A shorter piece takes less time, and says nothing of a whole one. */
    private static final long COMPARABLE_BYTES_MIN = KvMachine.PIECE_SIZE / 2;

    /**
     * By which a fastest piece is forgotten with each later one: others may be busy from then on.
     */
    private static final double FORGETTING = 1.001;

    /** A freeze has a handful of such steps, and ends by itself after five times as long. */
    private static final double PROMPT_NANOS = 30_000_000;

    private static final long SECOND_NANOS = 1_000_000_000L;

    /** Until when what was copied is paid for. */
    private long paidNanos;

    private boolean hasBegun;
    private final TrafficWatch traffic = new TrafficWatch();

    /** What a whole piece takes where nobody else is busy; infinite before the first. */
    private double fastestNanos = Double.POSITIVE_INFINITY;

    /** The same of a piece of whatever size: what the way to the other group and back takes. */
    private double fastestAnswerNanos = Double.POSITIVE_INFINITY;

    /** Whether clients are served at either end is told by {@link TrafficWatch#count}. */
    TrafficWatch traffic() {
        return traffic;
    }

    boolean mayGoOn(Now now) {
        return !hasBegun || paidNanos - now.nanos() <= AHEAD_NANOS_MAX;
    }

    /**
     * A piece was copied.
     *
     * @param tookNanos from the question for it until it was staged
     */
    void spend(Now now, long bytes, long tookNanos, long bytesPerSecondMax) {
        note(bytes, tookNanos);
        payShare(now, bytes, tookNanos, bytesPerSecondMax);
    }

    /**
     * As {@link #spend}, of rows that were looked at only: that takes less time than to copy them,
     * and says nothing of what a piece takes.
     */
    void spendComparing(Now now, long bytes, long tookNanos, long bytesPerSecondMax) {
        note(0, tookNanos);
        payShare(now, bytes, tookNanos, bytesPerSecondMax);
    }

    private void payShare(Now now, long bytes, long tookNanos, long bytesPerSecondMax) {
        long share = (long) ((double) bytes / bytesPerSecondMax * SECOND_NANOS);
        double wanted = Math.max(1, tookNanos) * rests(now, tookNanos);
        long rest = (long) Math.min(REST_NANOS_MAX, wanted);
        pay(now, tookNanos, Math.max(share, tookNanos + rest));
    }

    /**
     * As {@link #spend}, where clients wait for it: others pay for as long again as that took and
     * no more, however much was copied.
     */
    void spendHurriedly(Now now, long bytes, long tookNanos) {
        note(bytes, tookNanos);
        pay(now, tookNanos, 2 * tookNanos);
    }

    private void pay(Now now, long tookNanos, long nanos) {
        long begun = now.nanos() - tookNanos;
        long from = hasBegun ? Math.max(paidNanos, begun) : begun;
        hasBegun = true;
        paidNanos = from + nanos;
    }

    /**
     * Whether both groups answer as fast as they do at rest, however far they are from each other:
     * the moment for a freeze.
     *
     * @param tookNanos of a piece that was spent
     */
    boolean isPrompt(long tookNanos) {
        return tookNanos <= Math.max(PROMPT_NANOS, 2 * fastestAnswerNanos);
    }

    /** So many times as long as a piece took. */
    private double rests(Now now, long tookNanos) {
        double slowness = Math.max(1, tookNanos / fastestNanos);
        return Math.min(RESTS_MAX, traffic.isBusy(now) ? RESTS_AMONG_CLIENTS * slowness : slowness);
    }

    private void note(long bytes, long tookNanos) {
        double took = Math.max(1, tookNanos);
        fastestAnswerNanos = Math.min(fastestAnswerNanos * FORGETTING, took);
        if (bytes >= COMPARABLE_BYTES_MIN) {
            fastestNanos = Math.min(fastestNanos * FORGETTING, took);
        }
    }
}
