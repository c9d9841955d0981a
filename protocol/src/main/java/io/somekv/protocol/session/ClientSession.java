package io.somekv.protocol.session;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.command.RequestStamp.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A client's half of exactly-once (DESIGN §6; Ongaro's thesis §6.3 with many requests outstanding):
 * it numbers requests and knows which are finished. Pure: no clock, no thread.
 *
 * <p>A sequence is <em>finished</em> once its copies will never be sent again, because an answer
 * came or because the client gave up. The floor is the lowest sequence that is not finished; groups
 * refuse everything below it, so it must never pass a request that may still be sent:
 *
 * <ol>
 *   <li>5 is sent and its reply lost; 6 is answered.
 *   <li>Were the floor now 7, the group would drop its records below 7 when it sees 7.
 *   <li>The retry of 5 would then be refused, though nobody knows whether 5 was executed.
 * </ol>
 */
public final class ClientSession {
    private final ClientId client;
    private final int window;

    /** The sequence that the next request gets; {@code floor <= next <= floor + window}. */
    private long next = 1;

    /** Lowest sequence that is not finished; {@code next} when all are. */
    private long floor = 1;

    /** Finished sequences above the floor, from → to: disjoint, never adjacent, never at it. */
    private final TreeMap<Long, Long> finished = new TreeMap<>();

    /** What {@link #finished} holds, in the form of stamps; made again after a change. */
    private Optional<List<Range>> compact = Optional.of(List.of());

    /**
     * @param window how far above the floor sequences may run; at most the groups' own window
     */
    public ClientSession(ClientId client, int window) {
        Invariant.check(window >= 1, "window has room for a request");
        this.client = client;
        this.window = window;
    }

    public ClientId client() {
        return client;
    }

    public long floor() {
        return floor;
    }

    /** Whether {@link #begin} has a sequence to give. */
    public boolean hasRoom() {
        return next < floor + window;
    }

    /**
     * Numbers a new request.
     *
     * @param deadlineMillis log time past which it must not be executed; 0 if no log time is known
     * @return empty while the window is full: finish a request first
     */
    public Optional<RequestStamp> begin(long deadlineMillis) {
        if (!hasRoom()) {
            return Optional.empty();
        }
        return Optional.of(stamp(next++, deadlineMillis));
    }

    /** The stamp for another copy: same sequence and deadline, but floor and finished as of now. */
    public RequestStamp restamp(RequestStamp before) {
        checkOutstanding(before.sequence());
        return stamp(before.sequence(), before.deadlineMillis());
    }

    /**
     * Fixes the deadline of a request that was sent without one. Safe only because no group ever
     * executes a request without a deadline: were a real one replaced, a group could forget the
     * client at the earlier deadline and then execute the copy that carries the later one.
     */
    public RequestStamp withDeadline(RequestStamp before, long deadlineMillis) {
        Invariant.check(
                before.deadlineMillis() == 0,
                "a deadline is fixed once",
                before.deadlineMillis(),
                deadlineMillis);
        checkOutstanding(before.sequence());
        return stamp(before.sequence(), deadlineMillis);
    }

    /** No copy of this request will be sent from now on. Once for each sequence. */
    public void finish(long sequence) {
        checkOutstanding(sequence);
        compact = Optional.empty();
        if (sequence == floor) {
            Map.Entry<Long, Long> above = finished.firstEntry();
            boolean joins = above != null && above.getKey() == floor + 1;
            floor = joins ? finished.pollFirstEntry().getValue() + 1 : floor + 1;
        } else {
            addFinished(sequence);
        }
    }

    /** Whether the sequence was given out and is not finished. */
    public boolean isOutstanding(long sequence) {
        if (sequence < floor || sequence >= next) {
            return false;
        }
        Map.Entry<Long, Long> range = finished.floorEntry(sequence);
        return range == null || range.getValue() < sequence;
    }

    private void addFinished(long sequence) {
        long from = sequence;
        long to = sequence;
        Map.Entry<Long, Long> below = finished.lowerEntry(sequence);
        if (below != null && below.getValue() == sequence - 1) {
            from = below.getKey();
        }
        Long above = finished.remove(sequence + 1);
        if (above != null) {
            to = above;
        }
        finished.put(from, to);
    }

    private void checkOutstanding(long sequence) {
        Invariant.check(isOutstanding(sequence), "request is outstanding", sequence, floor);
    }

    private RequestStamp stamp(long sequence, long deadlineMillis) {
        List<Range> ranges = compact.orElseGet(this::lowestRanges);
        compact = Optional.of(ranges);
        return new RequestStamp(client, sequence, floor, ranges, deadlineMillis);
    }

    private List<Range> lowestRanges() {
        List<Range> ranges = new ArrayList<>();
        for (Map.Entry<Long, Long> range : finished.entrySet()) {
            if (ranges.size() == RequestStamp.FINISHED_MAX) {
                break;
            }
            ranges.add(new Range(range.getKey(), range.getValue()));
        }
        return List.copyOf(ranges);
    }
}
