package io.somekv.sim.check;

import io.somekv.base.Invariant;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import java.util.Arrays;
import java.util.List;

/**
 * The terms of one replica's log and its vote, rebuilt from what the replica asked to be written.
 */
final class ReplicaLog {
    /** {@code terms[i]} is the term of the entry with index i; slot 0 is unused. */
    private long[] terms = new long[64];

    private long last;
    private long term;
    private long votedFor;

    static ReplicaLog of(RecoveredGroup recovered) {
        ReplicaLog log = new ReplicaLog();
        log.term = recovered.hardState().term();
        log.votedFor = recovered.hardState().votedFor();
        List<EntryId> runs = recovered.terms();
        for (int i = 0; i < runs.size(); i++) {
            boolean isLast = i == runs.size() - 1;
            long to = isLast ? recovered.lastIndex() : runs.get(i + 1).index() - 1;
            for (long index = runs.get(i).index(); index <= to; index++) {
                log.append(index, runs.get(i).term());
            }
        }
        return log;
    }

    void accept(GroupRecord record) {
        term = record.hardState().term();
        votedFor = record.hardState().votedFor();
        if (record.truncateFrom() > 0) {
            last = Math.min(last, record.truncateFrom() - 1);
        }
        for (Entry entry : record.entries()) {
            append(entry.index(), entry.term());
        }
    }

    private void append(long index, long entryTerm) {
        if (index != last + 1) {
            throw new Breach("entry " + index + " written behind " + last);
        }
        if (index == terms.length) {
            terms = Arrays.copyOf(terms, terms.length * 2);
        }
        terms[(int) index] = entryTerm;
        last = index;
    }

    long last() {
        return last;
    }

    long termAt(long index) {
        Invariant.check(index >= 0 && index <= last, "index within the log", index, last);
        return terms[(int) index];
    }

    /** Whether term, vote and every entry's term are the same. */
    boolean sameAs(ReplicaLog other) {
        return term == other.term
                && votedFor == other.votedFor
                && last == other.last
                && Arrays.equals(terms, 1, (int) last + 1, other.terms, 1, (int) last + 1);
    }

    @Override
    public String toString() {
        return "term "
                + term
                + " vote "
                + votedFor
                + " last "
                + last
                + (last == 0 ? "" : " of term " + terms[(int) last]);
    }
}
