package io.somekv.raft;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;

/**
 * The entries that a leader has appended in its term. With its first one committed it knows that
 * its commit index is as high as any before it ever was (Raft §5.4.2, §8).
 */
final class OwnEntries {
    private final Core core;

    /** MAX_VALUE while there is none. */
    private long firstIndex = Long.MAX_VALUE;

    private long uncommittedBytes;

    OwnEntries(Core core) {
        this.core = core;
    }

    EntryId append(EntryKind kind, long logTime, Bytes payload) {
        EntryId id = new EntryId(core.term(), core.log().last().index() + 1);
        Entry entry = new Entry(id, kind, logTime, payload);
        firstIndex = Math.min(firstIndex, id.index());
        core.append(entry);
        uncommittedBytes += entry.weight();
        return id;
    }

    /** Of those above the commit index. */
    long uncommittedBytes() {
        return uncommittedBytes;
    }

    /** The bound always admits a first entry. */
    boolean hasRoomFor(Bytes payload) {
        return uncommittedBytes == 0
                || uncommittedBytes + Entry.weightOf(payload)
                        <= core.config().uncommittedBytesMax();
    }

    long firstIndex() {
        return firstIndex;
    }

    boolean isEmpty() {
        return firstIndex == Long.MAX_VALUE;
    }

    boolean isFirstCommitted() {
        return core.log().commit() >= firstIndex;
    }

    /** Before the commit index goes to {@code index}. */
    void onCommit(long index) {
        RaftLog log = core.log();
        for (long i = Math.max(log.commit() + 1, firstIndex); i <= index; i++) {
            Entry entry = log.cached(i);
            Invariant.check(entry != null, "what is not committed is in the cache");
            uncommittedBytes -= entry == null ? 0 : entry.weight();
        }
    }
}
