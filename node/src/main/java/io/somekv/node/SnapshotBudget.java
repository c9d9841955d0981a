package io.somekv.node;

import io.somekv.raft.Now;

/**
 * What a lane spends on snapshots, both ways (DESIGN §5): so many at a time, so many bytes a
 * second, so that groups which have nothing to do with it do not feel it.
 */
final class SnapshotBudget {
    /** Rows of one piece, in bytes, exceeded by a single larger row only. */
    static final int PIECE_SIZE_MAX = 256 << 10;

    /** Pieces that were sent and whose arrival is not yet known. */
    static final int WINDOW = 4;

    private static final int SENT_MAX = 2;
    private static final int TAKEN_MAX = 2;
    private static final long BYTES_PER_SECOND = 100L << 20;

    private int sent;
    private int taken;
    private long bytes;
    private long filledNanos;

    /** A clock may begin anywhere: {@link #filledNanos} means something from the first look on. */
    private boolean hasBegun;

    /** Whether one more may be sent; {@link #endSending} gives the place back. */
    boolean beginSending() {
        return sent < SENT_MAX && sent++ >= 0;
    }

    void endSending() {
        sent--;
    }

    /** Whether one more may be taken in; {@link #endTaking} gives the place back. */
    boolean beginTaking() {
        return taken < TAKEN_MAX && taken++ >= 0;
    }

    void endTaking() {
        taken--;
    }

    /** Whether there is something to spend; saved up for a tenth of a second at most. */
    boolean hasBytes(Now now) {
        if (!hasBegun) {
            hasBegun = true;
            filledNanos = now.nanos();
            bytes = BYTES_PER_SECOND / 10;
        }
        long millis = Math.min(100, (now.nanos() - filledNanos) / 1_000_000);
        if (millis > 0) {
            filledNanos = now.nanos();
            bytes = Math.min(BYTES_PER_SECOND / 10, bytes + BYTES_PER_SECOND / 1000 * millis);
        }
        return bytes > 0;
    }

    void spend(int size) {
        bytes -= size;
    }
}
