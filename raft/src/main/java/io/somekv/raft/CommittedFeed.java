package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Hands committed entries to the state machine: each once, in order, and only when they are durable
 * here too (DESIGN §3, rule 4). Without that a crash could leave a state machine ahead of its own
 * log, speaking for entries that this replica no longer has.
 *
 * <p>At most {@link #UNAPPLIED_BYTES_MAX} are out at a time (exceeded by one entry at most), so a
 * replica that comes back to a long log does not load all of it.
 */
final class CommittedFeed {
    static final long UNAPPLIED_BYTES_MAX = 4L << 20;
    private static final int FETCH_BYTES_MAX = 1 << 20;

    /** What one {@link #collect} handed out. */
    private record Batch(long lastIndex, long bytes) {}

    private final long self;
    private final RaftLog log;
    private final Effects effects;
    private final ArrayDeque<Batch> unapplied = new ArrayDeque<>();
    private long unappliedBytes;

    /** {@code log.applied() <= handedOut <= min(log.commit(), log.durable())}. */
    private long handedOut;

    private Ready.@Nullable Fetch fetch;

    CommittedFeed(long self, RaftLog log, Effects effects) {
        this.self = self;
        this.log = log;
        this.effects = effects;
        this.handedOut = log.applied();
    }

    void collect() {
        long limit = limit();
        long bytes = 0;
        while (handedOut < limit && unappliedBytes + bytes < UNAPPLIED_BYTES_MAX) {
            Entry entry = log.cached(handedOut + 1);
            if (entry == null) {
                maybeFetch(limit);
                break;
            }
            bytes += entry.weight();
            handOut(entry);
        }
        note(bytes);
    }

    /** Takes what was fetched for the state machine; anything stale is dropped. */
    void onFetched(Input.Fetched fetched) {
        if (!fetched.fetch().equals(fetch)) {
            return;
        }
        fetch = null;
        Invariant.check(!fetched.entries().isEmpty(), "a committed entry is on disk");
        long bytes = 0;
        for (Entry entry : fetched.entries()) {
            Invariant.check(log.holds(entry.id()), "the disk returns what the log holds");
            bytes += entry.weight();
            handOut(entry);
        }
        note(bytes);
    }

    /** A snapshot took the place of everything up to {@code index}. */
    void onRestored(long index) {
        handedOut = index;
        fetch = null;
        effects.dropCommitted();
        unapplied.clear();
        unappliedBytes = 0;
    }

    void onApplied(long index) {
        Invariant.check(index <= handedOut, "applied only what was handed out", index, handedOut);
        log.appliedTo(index);
        while (!unapplied.isEmpty() && unapplied.getFirst().lastIndex() <= index) {
            unappliedBytes -= unapplied.removeFirst().bytes();
        }
    }

    private long limit() {
        return Math.min(log.commit(), log.durable());
    }

    private void handOut(Entry entry) {
        Invariant.check(
                entry.index() == handedOut + 1,
                "committed entries follow each other",
                entry.index(),
                handedOut);
        Invariant.check(entry.index() <= limit(), "handed out only committed and durable");
        handedOut++;
        effects.commit(entry);
    }

    private void note(long bytes) {
        if (bytes > 0) {
            unappliedBytes += bytes;
            unapplied.addLast(new Batch(handedOut, bytes));
        }
    }

    private void maybeFetch(long limit) {
        if (fetch == null) {
            long to = Math.min(limit, log.cachedFrom() - 1);
            fetch = new Ready.Fetch(self, handedOut + 1, to, FETCH_BYTES_MAX);
            effects.fetch(fetch);
        }
    }
}
