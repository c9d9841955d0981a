package io.somekv.protocol.command;

import java.util.List;

/**
 * What makes a request one that is never applied twice (DESIGN §6). All copies of a request,
 * however often it is sent, have the same client, sequence and deadline; floor and finished list
 * may grow.
 *
 * @param sequence numbers the client's requests, from 1
 * @param floor the client's lowest sequence that is not finished; everything below will never be
 *     sent again
 * @param finished ranges above the floor that the client has seen the answers of: their results may
 *     be freed, their fences not. Ascending, disjoint, at most {@link #FINISHED_MAX}
 * @param deadlineMillis log time past which the request must not be executed; fixed when it was
 *     first sent. 0 where the client has not yet seen a log time: such a request is answered with
 *     one and not executed
 */
public record RequestStamp(
        ClientId client, long sequence, long floor, List<Range> finished, long deadlineMillis) {
    /** How many ranges fit a stamp; a client with more leaves the higher ones out. */
    public static final int FINISHED_MAX = 16;

    /** Sequences {@code from..to}, both included. */
    public record Range(long from, long to) {
        public Range {
            if (from < 1 || to < from) {
                throw new IllegalArgumentException("a range from " + from + " to " + to);
            }
        }
    }

    public RequestStamp {
        finished = List.copyOf(finished);
        if (floor < 1 || sequence < floor || finished.size() > FINISHED_MAX) {
            throw new IllegalArgumentException(
                    "sequence " + sequence + ", floor " + floor + ", ranges " + finished.size());
        }
        long above = floor;
        for (Range range : finished) {
            if (range.from <= above) {
                throw new IllegalArgumentException("floor " + floor + ", finished " + finished);
            }
            above = range.to;
        }
    }
}
