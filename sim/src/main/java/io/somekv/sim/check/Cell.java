package io.somekv.sim.check;

import io.somekv.base.Bytes;

/** A key that is there: its value, and when it may and must go. */
record Cell(Bytes value, Deadline deadline) {
    /**
     * A log time in milliseconds since 1970 that is only known within bounds, since no client knows
     * the log time at which its request was executed.
     */
    record Deadline(long earliest, long latest) {
        static final Deadline NONE = new Deadline(Long.MAX_VALUE, Long.MAX_VALUE);

        static Deadline at(long millis) {
            return new Deadline(millis, millis);
        }
    }

    static Cell lasting(Bytes value) {
        return new Cell(value, Deadline.NONE);
    }

    boolean expires() {
        return !deadline.equals(Deadline.NONE);
    }
}
