package io.somekv.raft;

import java.util.Arrays;

/**
 * Judges a wall clock by those of a quorum (DESIGN §3, log time; KB-50). Clocks are compared as
 * offsets to this replica's monotonic clock, so that readings taken at different times compare.
 *
 * <p>A peer's reading was taken between the moment its question was sent and the moment its answer
 * came. Dated to the first, the offset is an upper bound: only that may convict, or a slow network
 * or a pause of this process would convict a good clock. Dated to the second, it is a lower bound:
 * only that may vouch, or a clock that is ahead would get away with the round trip, which is long
 * where a vote was asked for again. In between nothing is said, and things stay as they are.
 *
 * <p>The measure is the lower median: of two clocks the slower. The slowest is never ahead of it,
 * so in every quorum there is a replica that may lead, where answers take no longer than a leader's
 * clock may be ahead.
 */
final class QuorumClock {
    private long[] offsets = new long[8];
    private int count;

    /**
     * A wall clock's lead over this replica's monotonic clock, in milliseconds.
     *
     * @param nanos of the monotonic clock when {@code wallMillis} was read; before: no less; later:
     *     no more
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
