package io.somekv.raft;

import java.util.Arrays;

/**
 * Judges a wall clock by those of a quorum (DESIGN §3, log time; KB-50). Clocks are compared as
 * offsets to this replica's monotonic clock, so that readings taken at different times compare.
 *
 * <p>A peer's reading is dated to the moment its question was <b>sent</b>: it was taken later, so
 * the offset is an upper bound. A slow network or a pause of this process then never convicts a
 * good clock; a bad one gets away with the round trip at most, and where a vote was asked for again
 * with the time since it was asked for first, until it leads and is judged by heartbeats.
 *
 * <p>The measure is the lower median: of two clocks the slower. The slowest is never ahead of it,
 * so in every quorum there is a replica that may lead.
 */
final class QuorumClock {
    private long[] offsets = new long[8];
    private int count;

    /**
     * A wall clock's lead over this replica's monotonic clock, in milliseconds.
     *
     * @param nanos of the monotonic clock when {@code wallMillis} was read, or before
     */
    static long offset(long wallMillis, long nanos) {
        return wallMillis - Math.floorDiv(nanos, 1_000_000L);
    }

    /** The wall clock with this offset, now. */
    static long wallMillis(long offset, long nanos) {
        return offset + Math.floorDiv(nanos, 1_000_000L);
    }

    void clear() {
        count = 0;
    }

    void add(long offset) {
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        offsets[count++] = offset;
    }

    int count() {
        return count;
    }

    /** Whether {@code offset} runs at most {@code leadMillisMax} ahead of the lower median. */
    boolean vouchesFor(long offset, long leadMillisMax) {
        Arrays.sort(offsets, 0, count);
        return offset - offsets[(count - 1) / 2] <= leadMillisMax;
    }
}
