package io.somekv.node;

import io.somekv.raft.Now;
import java.util.TreeMap;

/**
 * Whether clients are served where shards are copied, by what leaders have counted: those of all
 * groups that this lane leads, and, with the pieces that come from there, those of the groups that
 * shards are copied from.
 */
final class TrafficWatch {
    /** Of one group: fewer requests than these hardly ever meet a piece. */
    private static final long BUSY_PER_SECOND = 100;

    /** Counted over no less. */
    private static final long SPAN_NANOS_MIN = 200_000_000L;

    /**
     * So long it counts as busy after it was seen to be. So it does where another leader, which
     * counts for itself, has the higher count.
     */
    private static final long REMEMBERED_NANOS = 10_000_000_000L;

    /** Whoever was not counted for so long is not led here any more, nor copied from. */
    private static final long FORGOTTEN_NANOS = 60_000_000_000L;

    private final TreeMap<Long, Count> countByGroup = new TreeMap<>();
    private boolean wasBusy;
    private long busyUntilNanos;

    private record Count(long nanos, long operations) {}

    /**
     * A group's leader has executed so many of its clients' requests by now.
     *
     * @param operations counted by that replica: another leader has another count
     */
    void count(Now now, long group, long operations) {
        Count last = countByGroup.get(group);
        if (last == null || operations < last.operations) {
            countByGroup.values().removeIf(old -> now.nanos() - old.nanos > FORGOTTEN_NANOS);
            countByGroup.put(group, new Count(now.nanos(), operations));
            return;
        }
        long span = now.nanos() - last.nanos;
        if (span < SPAN_NANOS_MIN) {
            return;
        }
        countByGroup.put(group, new Count(now.nanos(), operations));
        double perSecond = (operations - last.operations) * 1e9 / span;
        if (perSecond >= BUSY_PER_SECOND) {
            wasBusy = true;
            busyUntilNanos = now.nanos() + REMEMBERED_NANOS;
        }
    }

    boolean isBusy(Now now) {
        return wasBusy && now.nanos() - busyUntilNanos < 0;
    }
}
