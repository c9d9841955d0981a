package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The replicated log (Raft §5.3) as one replica sees it: the term of every entry, the newest
 * entries themselves, and how far it is committed, durable and applied. It begins behind its
 * <b>base</b>: what lies there and before is in the state machine, and was dropped (Raft §7).
 *
 * <p>Invariants: {@code base <= applied <= commit <= last}, {@code durable <= last}; nothing at or
 * below {@code commit} is ever cut; an entry that was appended in this run stays in the cache at
 * least until it is durable and applied.
 */
final class RaftLog {
    private final RaftConfig config;
    private final TermRuns runs;
    private final EntryCache cache;
    private EntryId base;

    /** No entry up to {@link #base} has a later log time. */
    private long baseLogTime;

    private EntryId last;
    private long lastLogTime;
    private long commit;

    /**
     * Everything up to here is on this replica's disk as the log has it now. Falls when a conflict
     * cuts the log, so that it never speaks for entries that came in the place of others (KB-21).
     */
    private long durable;

    private long applied;

    RaftLog(RaftConfig config, Recovered recovered) {
        this.config = config;
        runs = new TermRuns(recovered.terms());
        base = recovered.base();
        baseLogTime = recovered.baseLogTime();
        long end = recovered.lastIndex();
        cache = new EntryCache(end + 1);
        last = end == base.index() ? base : new EntryId(runs.termAt(end), end);
        lastLogTime = recovered.lastLogTime();
        durable = end;
        applied = recovered.applied();
        commit = Math.max(recovered.hardState().commit(), applied);
        Invariant.check(commit <= end, "commit index within the recovered log", commit, end);
        Invariant.check(
                base.index() <= applied, "what was dropped is applied", base.index(), applied);
    }

    /** The log begins behind this entry; {@link EntryId#ZERO} where nothing was dropped. */
    EntryId base() {
        return base;
    }

    long baseLogTime() {
        return baseLogTime;
    }

    EntryId last() {
        return last;
    }

    /** Log time of the last entry, in milliseconds since 1970. */
    long lastLogTime() {
        return lastLogTime;
    }

    long commit() {
        return commit;
    }

    long durable() {
        if (config.mutations().contains(Mutation.ACKNOWLEDGE_BEFORE_DURABLE)) {
            return last.index();
        }
        return durable;
    }

    long applied() {
        return applied;
    }

    /** The oldest index that is in memory; what lies below must be fetched. */
    long cachedFrom() {
        return cache.firstIndex();
    }

    /** The term of the entry at {@code index}: 0 before the first, -1 where it is not known. */
    long termAt(long index) {
        if (index == last.index()) {
            return last.term();
        }
        if (index == base.index()) {
            return base.term();
        }
        return index < base.index() || index > last.index() ? -1 : runs.termAt(index);
    }

    /** The id of an entry that the log holds. */
    EntryId idAt(long index) {
        if (index == last.index()) {
            return last;
        }
        long term = termAt(index);
        Invariant.check(term >= 0, "index within the log", index, last.index());
        return new EntryId(term, index);
    }

    /** Whether the log holds this very entry, and so (Log Matching) everything before it alike. */
    boolean holds(EntryId id) {
        return termAt(id.index()) == id.term();
    }

    /** Whether a leader's entries may follow {@code id}: what was dropped is any leader's alike. */
    boolean agreesAt(EntryId id) {
        return id.index() < base.index() || holds(id);
    }

    /** Raft §5.4.1: the later last term is more up to date, then the longer log. */
    boolean isUpToDate(EntryId candidateLast) {
        return candidateLast.compareTo(last) >= 0;
    }

    /**
     * The last entry up to {@code id.index()} of a term not above {@code id.term()}: all behind it
     * cannot be what a log with {@code id} holds there. The fast backtracking of Raft §5.3, used by
     * both sides. The base where there is none behind it: it is committed.
     */
    EntryId conflictHint(EntryId id) {
        long from = Math.min(id.index(), last.index());
        long index = runs.lastIndexOfTermAtMost(from, id.term());
        return index == 0 ? base : idAt(index);
    }

    void append(Entry entry) {
        Invariant.check(
                entry.index() == last.index() + 1,
                "entries follow each other",
                entry.index(),
                last.index());
        runs.append(entry.id());
        cache.append(entry);
        last = entry.id();
        lastLogTime = entry.logTime();
        cache.evict(evictable(), config.cacheBytesMax());
    }

    /**
     * Where {@code entries}, which follow an entry that the log holds, first say something that the
     * log does not: the index of the first new or conflicting one, 0 when all are here already.
     */
    long firstDifference(List<Entry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            if (!agreesAt(entries.get(i).id())) {
                return entries.get(i).index();
            }
        }
        return 0;
    }

    /** Cuts the log: the entry at {@code index} and all behind it are gone. */
    void truncateFrom(long index) {
        Invariant.check(index > commit, "what is committed is never cut", index, commit);
        Invariant.check(index > 0 && index <= last.index(), "cut within the log");
        runs.truncateFrom(index);
        cache.truncateFrom(index);
        last = index - 1 == base.index() ? base : new EntryId(runs.termAt(index - 1), index - 1);
        durable = Math.min(durable, index - 1);
    }

    /**
     * Drops the entries up to {@code index}, which are in the state machine for good.
     *
     * @param logTime no earlier than that of any of them
     */
    void compactTo(long index, long logTime) {
        Invariant.check(index <= applied, "only what is applied is dropped", index, applied);
        Invariant.check(index <= durable, "only what is durable is dropped", index, durable);
        base = idAt(index);
        baseLogTime = logTime;
        if (index == last.index()) {
            runs.clear();
        } else {
            runs.dropThrough(index);
        }
        cache.dropThrough(index);
    }

    /**
     * No entry up to {@code index} is in memory any more, but for those that must be: what is not
     * durable cannot be fetched, and what is not applied is still to be handed out.
     */
    void evictTo(long index) {
        cache.dropThrough(Math.min(index, evictable()));
    }

    /** A snapshot takes the place of the whole log, which does not hold its base. */
    void restore(Snapshot snapshot) {
        base = snapshot.base();
        baseLogTime = snapshot.logTime();
        last = base;
        lastLogTime = snapshot.logTime();
        Invariant.check(base.index() > commit, "a snapshot goes beyond what is committed");
        commit = base.index();
        applied = base.index();
        durable = 0;
        runs.clear();
        cache.restart(base.index() + 1);
    }

    void durableTo(long index) {
        durable = Math.max(durable, Math.min(index, last.index()));
    }

    /** Commits up to {@code index}; an older one changes nothing. */
    void commitTo(long index) {
        Invariant.check(index <= last.index(), "commit within the log", index, last.index());
        commit = Math.max(commit, index);
    }

    void appliedTo(long index) {
        Invariant.check(index <= commit, "applied only what is committed", index, commit);
        applied = Math.max(applied, index);
        cache.evict(evictable(), config.cacheBytesMax());
    }

    /** The entry, if it is in memory. */
    @Nullable Entry cached(long index) {
        return cache.find(index);
    }

    /** Cached entries from {@code from} on: at least one, up to {@code sizeMax} bytes. */
    List<Entry> slice(long from, long sizeMax) {
        return cache.slice(from, sizeMax);
    }

    private long evictable() {
        return Math.min(applied, durable);
    }
}
