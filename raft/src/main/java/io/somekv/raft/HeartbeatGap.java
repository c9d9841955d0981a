package io.somekv.raft;

/**
 * The longest time between two things that this replica heard from one leader (AppendEntries, which
 * is the heartbeat, too, or a piece of a snapshot), within about the last minute. It shows a loop
 * that stood still, at either end, or a network that did, before that costs an election (KB-30).
 *
 * <p>No gap spans two leaders: the time between them is an election's. None spans a time in which
 * the group was quiet, since nothing is to be heard then.
 *
 * <p>The window is two buckets of 30 s, the one under way and the one before it: so a gap is
 * remembered for 30 to 60 s.
 */
final class HeartbeatGap {
    static final long BUCKET_NANOS = 30_000_000_000L;

    /** Of the leader that was heard at {@code heardNanos}; 0 where the next gap begins anew. */
    private long term;

    private long heardNanos;
    private long bucketNanos;
    private long longestBefore;
    private long longest;

    HeartbeatGap(long nowNanos) {
        this.bucketNanos = nowNanos;
    }

    /** The leader of {@code leaderTerm} was heard; a term has only one. */
    void onHeard(long leaderTerm, long nowNanos) {
        roll(nowNanos);
        if (leaderTerm == term) {
            longest = Math.max(longest, nowNanos - heardNanos);
        }
        term = leaderTerm;
        heardNanos = nowNanos;
    }

    /** Nothing needs to be heard until something is heard again. */
    void onQuiet() {
        term = 0;
    }

    /** The longest within the window; 0 where there was none. */
    long maxNanos(long nowNanos) {
        roll(nowNanos);
        return Math.max(longestBefore, longest);
    }

    private void roll(long nowNanos) {
        long age = nowNanos - bucketNanos;
        if (age >= BUCKET_NANOS) {
            longestBefore = age < 2 * BUCKET_NANOS ? longest : 0;
            longest = 0;
            bucketNanos = nowNanos - age % BUCKET_NANOS;
        }
    }
}
