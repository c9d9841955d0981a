package io.somekv.node;

import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** The requests that are to be tried again, each at its time. */
final class Retries {
    /** A shard changes its group in milliseconds. */
    private static final long HELD_BACKOFF_NANOS = 1_000_000L;

    private static final long BACKOFF_NANOS = 10_000_000L;
    private static final int BACKOFF_DOUBLINGS_MAX = 4;

    private final SplittableRandom jitter;
    private final TreeMap<Long, List<Pending>> byNanos = new TreeMap<>();

    Retries(long seed) {
        this.jitter = new SplittableRandom(seed ^ 0x726f75746572L);
    }

    void add(Now now, Pending pending) {
        long wait =
                pending.isHeld
                        ? HELD_BACKOFF_NANOS
                        : (BACKOFF_NANOS << Math.min(pending.attempts, BACKOFF_DOUBLINGS_MAX)) / 2;
        long at = now.nanos() + wait + jitter.nextLong(wait);
        byNanos.computeIfAbsent(at, nanos -> new ArrayList<>()).add(pending);
    }

    /** Some of those whose time has come, which are here no more; empty where there are none. */
    List<Pending> takeDue(Now now) {
        return byNanos.isEmpty() || byNanos.firstKey() > now.nanos()
                ? List.of()
                : byNanos.pollFirstEntry().getValue();
    }
}
