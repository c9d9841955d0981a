package io.somekv.storage.wal;

import io.somekv.base.Invariant;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which records hold the entries of a group's log: 20 bytes a record, and 16 a run of one term. The
 * writing thread changes it, any thread looks things up: hence the lock, held for a few
 * instructions and never while a file is read.
 */
final class EntryRuns {
    /** Entries {@code first..last} stand, in order, in the record at {@code position}. */
    record Run(long first, long last, long position, int size) {}

    private long[] first = new long[8];
    private long[] position = new long[8];
    private int[] size = new int[8];
    private int count;

    private long[] termFirst = new long[2];
    private long[] term = new long[2];
    private int termCount;

    /** The log begins behind this entry. */
    private EntryId base;

    /** That of the base for an empty log; entries behind it that a record holds were truncated. */
    private long lastIndex;

    /**
     * @param last differs from {@code base} where entries are known to be somewhere and not held
     */
    EntryRuns(EntryId base, EntryId last) {
        this.base = base;
        this.lastIndex = last.index();
        if (last.index() > base.index()) {
            appendTerm(last);
        }
    }

    synchronized long lastIndex() {
        return lastIndex;
    }

    synchronized EntryId last() {
        return termCount == 0 ? base : new EntryId(term[termCount - 1], lastIndex);
    }

    /** Where the record stands that holds the first entry; {@link Position#NONE} for no entry. */
    synchronized long firstPosition() {
        return count == 0 ? Position.NONE : position[0];
    }

    /** Size of the records that hold its entries, in bytes. */
    synchronized long bytes() {
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += size[i];
        }
        return bytes;
    }

    /** The first entry of each run of one term, ascending. */
    synchronized List<EntryId> terms() {
        List<EntryId> terms = new ArrayList<>(termCount);
        for (int i = 0; i < termCount; i++) {
            terms.add(new EntryId(term[i], termFirst[i]));
        }
        return terms;
    }

    /** Whether the log has this very entry, or did when its record was lost sight of. */
    synchronized boolean holds(EntryId id) {
        if (id.equals(base)) {
            return true;
        }
        if (id.index() <= base.index() || id.index() > lastIndex) {
            return false;
        }
        int run = Arrays.binarySearch(termFirst, 0, termCount, id.index());
        int at = run >= 0 ? run : -run - 2;
        return at < 0 || term[at] == id.term();
    }

    /** Cuts, drops and appends, as one change. */
    synchronized void change(LogRecord record, long recordPosition, int recordSize) {
        long truncateFrom = record.truncateFrom();
        if (truncateFrom != 0 && truncateFrom <= lastIndex) {
            truncate(truncateFrom);
        }
        if (record.base() != null) {
            beginBehind(record.base().id());
        }
        List<Entry> entries = record.entries();
        if (entries.isEmpty()) {
            return;
        }
        Invariant.check(
                entries.getFirst().index() == lastIndex + 1,
                "entries follow the log",
                entries.getFirst().index(),
                lastIndex);
        if (count == first.length) {
            first = Arrays.copyOf(first, count * 2);
            position = Arrays.copyOf(position, count * 2);
            size = Arrays.copyOf(size, count * 2);
        }
        first[count] = lastIndex + 1;
        position[count] = recordPosition;
        size[count++] = recordSize;
        for (Entry entry : entries) {
            if (termCount == 0 || term[termCount - 1] != entry.term()) {
                appendTerm(entry.id());
            }
        }
        lastIndex += entries.size();
    }

    /** Drops what lies up to {@code newBase}; everything where the log does not hold that. */
    private void beginBehind(EntryId newBase) {
        if (!holds(newBase) || newBase.index() == lastIndex) {
            count = 0;
            termCount = 0;
            lastIndex = newBase.index();
        } else {
            dropThrough(newBase.index());
        }
        base = newBase;
        if (count < first.length / 4 && first.length > 64) {
            first = Arrays.copyOf(first, first.length / 2);
            position = Arrays.copyOf(position, first.length);
            size = Arrays.copyOf(size, first.length);
        }
    }

    /** There are entries behind {@code index}. */
    private void dropThrough(long index) {
        int gone = 0;
        while (gone + 1 < count && first[gone + 1] <= index + 1) {
            gone++;
        }
        System.arraycopy(first, gone, first, 0, count - gone);
        System.arraycopy(position, gone, position, 0, count - gone);
        System.arraycopy(size, gone, size, 0, count - gone);
        count -= gone;
        if (count > 0) {
            first[0] = Math.max(first[0], index + 1);
        }
        int goneTerms = 0;
        while (goneTerms + 1 < termCount && termFirst[goneTerms + 1] <= index + 1) {
            goneTerms++;
        }
        System.arraycopy(term, goneTerms, term, 0, termCount - goneTerms);
        System.arraycopy(termFirst, goneTerms, termFirst, 0, termCount - goneTerms);
        termCount -= goneTerms;
        if (termCount > 0) {
            termFirst[0] = Math.max(termFirst[0], index + 1);
        }
    }

    private void appendTerm(EntryId id) {
        if (termCount == term.length) {
            term = Arrays.copyOf(term, termCount * 2);
            termFirst = Arrays.copyOf(termFirst, termCount * 2);
        }
        term[termCount] = id.term();
        termFirst[termCount++] = id.index();
    }

    private void truncate(long from) {
        while (count > 0 && first[count - 1] >= from) {
            count--;
        }
        while (termCount > 0 && termFirst[termCount - 1] >= from) {
            termCount--;
        }
        lastIndex = Math.max(base.index(), from - 1);
    }

    /**
     * The records that hold {@code from..to}, as of one moment, until their sizes together reach
     * {@code sizeMax}; empty when the log does not hold {@code from}.
     */
    synchronized List<Run> find(long from, long to, long sizeMax) {
        List<Run> runs = new ArrayList<>();
        if (count == 0 || from < first[0] || from > lastIndex) {
            return runs;
        }
        int found = Arrays.binarySearch(first, 0, count, from);
        long total = 0;
        for (int i = found >= 0 ? found : -found - 2; i < count && first[i] <= to; i++) {
            long end = i + 1 < count ? first[i + 1] - 1 : lastIndex;
            runs.add(new Run(Math.max(from, first[i]), Math.min(to, end), position[i], size[i]));
            total += size[i];
            if (total >= sizeMax) {
                break;
            }
        }
        return runs;
    }
}
