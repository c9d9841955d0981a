package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.Arrays;
import java.util.List;

/**
 * The term of every entry of a log, as runs of one term: a log has as many runs as it had leaders,
 * so all of it stays in memory when the entries themselves have long gone to disk.
 *
 * <p>Runs ascend strictly in first index and in term.
 */
final class TermRuns {
    private long[] firsts = new long[8];
    private long[] terms = new long[8];
    private int size;

    TermRuns(List<EntryId> starts) {
        for (EntryId start : starts) {
            append(start);
        }
    }

    void append(EntryId id) {
        if (size > 0) {
            Invariant.check(id.term() >= terms[size - 1], "terms of a log ascend");
            Invariant.check(id.index() > firsts[size - 1], "runs of a log ascend");
            if (terms[size - 1] == id.term()) {
                return;
            }
        }
        if (size == terms.length) {
            firsts = Arrays.copyOf(firsts, size * 2);
            terms = Arrays.copyOf(terms, size * 2);
        }
        firsts[size] = id.index();
        terms[size] = id.term();
        size++;
    }

    void truncateFrom(long index) {
        while (size > 0 && firsts[size - 1] >= index) {
            size--;
        }
    }

    /** The log begins behind {@code index}, and does not end there. */
    void dropThrough(long index) {
        int gone = 0;
        while (gone + 1 < size && firsts[gone + 1] <= index + 1) {
            gone++;
        }
        System.arraycopy(firsts, gone, firsts, 0, size - gone);
        System.arraycopy(terms, gone, terms, 0, size - gone);
        size -= gone;
        if (size > 0) {
            firsts[0] = Math.max(firsts[0], index + 1);
        }
    }

    void clear() {
        size = 0;
    }

    /** The term of an index that the log holds. */
    long termAt(long index) {
        return terms[runOf(index)];
    }

    /** The largest index up to {@code index} whose term is at most {@code term}; 0 for none. */
    long lastIndexOfTermAtMost(long index, long term) {
        if (size == 0 || index < firsts[0]) {
            return 0;
        }
        int run = runOf(index);
        long found = index;
        while (run >= 0 && terms[run] > term) {
            found = firsts[run] - 1;
            run--;
        }
        return run < 0 ? 0 : found;
    }

    private int runOf(long index) {
        if (size > 0 && index >= firsts[size - 1]) {
            return size - 1;
        }
        int position = Arrays.binarySearch(firsts, 0, size, index);
        int run = position >= 0 ? position : -position - 2;
        Invariant.check(run >= 0, "index within the log", index, size);
        return run;
    }
}
