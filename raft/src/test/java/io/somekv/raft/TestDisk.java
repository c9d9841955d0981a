package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * One replica's disk: persists arrive in order, become durable when the test says so, and are lost
 * in a crash until then. The log it holds survives; the state machine's applied index with it.
 */
final class TestDisk {
    private final Membership membership;
    private final List<Entry> entries = new ArrayList<>();
    private final ArrayDeque<Ready.Persist> pending = new ArrayDeque<>();
    private HardState hardState = HardState.INITIAL;
    private long incarnation;
    private long applied;

    TestDisk(Membership membership) {
        this.membership = membership;
    }

    void write(Ready.Persist persist) {
        pending.addLast(persist);
    }

    int pendingCount() {
        return pending.size();
    }

    /** Makes the oldest write durable. */
    Input.Persisted sync() {
        Ready.Persist persist = pending.removeFirst();
        if (persist.truncateFrom() > 0) {
            Invariant.check(persist.truncateFrom() <= entries.size(), "cut what is there");
            entries.subList((int) persist.truncateFrom() - 1, entries.size()).clear();
        }
        for (Entry entry : persist.entries()) {
            Invariant.check(entry.index() == entries.size() + 1, "a log on disk has no holes");
            entries.add(entry);
        }
        hardState = persist.hardState();
        return new Input.Persisted(persist.mark());
    }

    /** Loses what was not synced. */
    void crash() {
        pending.clear();
    }

    /** What a process would find here when it starts. */
    Recovered recover() {
        incarnation++;
        List<EntryId> runs = new ArrayList<>();
        for (Entry entry : entries) {
            if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
                runs.add(entry.id());
            }
        }
        long lastLogTime = entries.isEmpty() ? 0 : entries.getLast().logTime();
        return new Recovered(
                incarnation, hardState, membership, runs, entries.size(), lastLogTime, applied);
    }

    /** A disk that already holds a log. */
    void seed(HardState state, List<Entry> log) {
        hardState = state;
        entries.addAll(log);
    }

    void appliedTo(long index) {
        applied = index;
    }

    HardState hardState() {
        return hardState;
    }

    List<Entry> entries() {
        return entries;
    }

    Input.Fetched read(Ready.Fetch fetch) {
        List<Entry> found = new ArrayList<>();
        long size = 0;
        for (long i = fetch.from(); i <= Math.min(fetch.to(), entries.size()); i++) {
            Entry entry = entries.get((int) i - 1);
            size += entry.weight();
            if (!found.isEmpty() && size > fetch.sizeMax()) {
                break;
            }
            found.add(entry);
        }
        return new Input.Fetched(fetch, found);
    }
}
