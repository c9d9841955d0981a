package io.somekv.sim.world;

import io.somekv.base.Invariant;
import java.util.PriorityQueue;

/**
 * Virtual time, and what will happen when. Events at the same moment happen in the order in which
 * they were planned, so that a seed gives one order and no other.
 */
public final class Timeline {
    public static final long MILLISECOND = 1_000_000L;
    public static final long SECOND = 1_000_000_000L;

    private record Event(long at, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long planned;
    private long happened;

    /** Nanoseconds since the run began. */
    public long now() {
        return now;
    }

    /** How many events have happened. */
    public long happened() {
        return happened;
    }

    public void after(long nanos, Runnable action) {
        Invariant.check(nanos >= 0, "events lie in the future", nanos, now);
        events.add(new Event(now + nanos, planned++, action));
    }

    /** Goes on to the next event; false when nothing is left to happen. */
    public boolean step() {
        Event next = events.poll();
        if (next == null) {
            return false;
        }
        now = next.at;
        happened++;
        next.action.run();
        return true;
    }
}
