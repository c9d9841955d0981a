package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One replica's disk: persists arrive in order, become durable when the test says so, and are lost
 * in a crash until then. The log it holds survives; the state machine's applied index with it.
 */
final class TestDisk {
    private MembershipState memberships;
    private EntryId base = EntryId.ZERO;
    private long baseLogTime;

    /** Those behind {@link #base}. */
    private final List<Entry> entries = new ArrayList<>();

    private final ArrayDeque<Ready.Persist> pending = new ArrayDeque<>();
    private HardState hardState = HardState.INITIAL;
    private long incarnation;
    private long applied;

    TestDisk(Membership membership) {
        this.memberships = MembershipState.initial(membership);
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
            int kept = Math.min(at(persist.truncateFrom()), entries.size());
            entries.subList(Math.max(0, kept), entries.size()).clear();
        }
        beginBehind(persist.base());
        for (Entry entry : persist.entries()) {
            Invariant.check(entry.index() == lastIndex() + 1, "a log on disk has no holes");
            entries.add(entry);
        }
        hardState = persist.hardState();
        memberships = persist.memberships();
        baseLogTime = persist.baseLogTime();
        return new Input.Persisted(persist.mark());
    }

    private void beginBehind(EntryId newBase) {
        boolean isHeld =
                newBase.equals(base) || find(newBase.index()).filter(newBase::equals).isPresent();
        int gone = isHeld ? (int) (newBase.index() - base.index()) : entries.size();
        entries.subList(0, gone).clear();
        applied = Math.max(applied, newBase.index());
        base = newBase;
    }

    private Optional<EntryId> find(long index) {
        return index <= base.index() || index > lastIndex()
                ? Optional.empty()
                : Optional.of(entry(index).id());
    }

    private int at(long index) {
        return (int) (index - base.index() - 1);
    }

    long lastIndex() {
        return base.index() + entries.size();
    }

    Entry entry(long index) {
        return entries.get(at(index));
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
        long lastLogTime = entries.isEmpty() ? baseLogTime : entries.getLast().logTime();
        return new Recovered(
                incarnation,
                hardState,
                memberships,
                base,
                baseLogTime,
                runs,
                lastIndex(),
                lastLogTime,
                applied);
    }

    /** A disk that already holds a log. */
    void seed(HardState state, List<Entry> log) {
        hardState = state;
        entries.addAll(log);
    }

    void appliedTo(long index) {
        applied = index;
    }

    long applied() {
        return applied;
    }

    HardState hardState() {
        return hardState;
    }

    EntryId base() {
        return base;
    }

    /** Those behind the base. */
    List<Entry> entries() {
        return entries;
    }

    Input.Fetched read(Ready.Fetch fetch) {
        List<Entry> found = new ArrayList<>();
        long size = 0;
        boolean isThere = fetch.from() > base.index();
        for (long i = fetch.from(); isThere && i <= Math.min(fetch.to(), lastIndex()); i++) {
            Entry entry = entry(i);
            size += entry.weight();
            if (!found.isEmpty() && size > fetch.sizeMax()) {
                break;
            }
            found.add(entry);
        }
        return new Input.Fetched(fetch, found);
    }
}
