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
    final long replicaId;

    /**
     * {@code terms[i]} is the term of the entry with index i, where that is not before the base.
     */
    private long[] terms = new long[64];

    private EntryId base = EntryId.ZERO;
    private long last;
    private long term;
    private long votedFor;

    ReplicaLog(long replicaId) {
        this.replicaId = replicaId;
    }

    static ReplicaLog of(RecoveredGroup recovered) {
        ReplicaLog log = new ReplicaLog(recovered.replicaId());
        log.term = recovered.hardState().term();
        log.votedFor = recovered.hardState().votedFor();
        log.beginBehind(recovered.base());
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
        checkKeepsWhatAgrees(record);
        if (record.truncateFrom() > 0) {
            last = Math.min(last, record.truncateFrom() - 1);
        }
        beginBehind(record.base());
        for (Entry entry : record.entries()) {
            append(entry.index(), entry.term());
        }
    }

    /**
     * What follows an entry that a snapshot ends with may have been acknowledged, and counted (Raft
     * §7): it must stay. A leader's entry that differs from the one it takes the place of cuts as
     * well, and may be written together with a base that only drops what is applied.
     */
    private void checkKeepsWhatAgrees(GroupRecord record) {
        EntryId newBase = record.base();
        boolean cutsBehindIt =
                newBase.index() > base.index() && record.truncateFrom() == newBase.index() + 1;
        boolean conflicts =
                cutsBehindIt
                        && newBase.index() < last
                        && !record.entries().isEmpty()
                        && record.entries().getFirst().index() == record.truncateFrom()
                        && record.entries().getFirst().term() != termAt(record.truncateFrom());
        if (cutsBehindIt
                && !conflicts
                && newBase.index() < last
                && termAt(newBase.index()) == newBase.term()) {
            throw new Breach(
                    "a snapshot of " + newBase + " cut a log that agrees with it: " + this);
        }
    }

    private void beginBehind(EntryId newBase) {
        if (newBase.index() < base.index()) {
            throw new Breach("the log began behind " + base + " and now behind " + newBase);
        }
        boolean isHeld = newBase.index() <= last && termAt(newBase.index()) == newBase.term();
        if (!isHeld) {
            last = newBase.index();
        }
        base = newBase;
        room(base.index());
        terms[(int) base.index()] = base.term();
    }

    private void append(long index, long entryTerm) {
        if (index != last + 1) {
            throw new Breach("entry " + index + " written behind " + last);
        }
        room(index);
        terms[(int) index] = entryTerm;
        last = index;
    }

    private void room(long index) {
        if (index >= terms.length) {
            terms = Arrays.copyOf(terms, (int) Math.max(index + 1, terms.length * 2L));
        }
    }

    long last() {
        return last;
    }

    /** The log begins behind this index; what lies before is in the state machine only. */
    long base() {
        return base.index();
    }

    long termAt(long index) {
        Invariant.check(
                index >= base.index() && index <= last, "index within the log", index, last);
        return terms[(int) index];
    }

    /** Whether term, vote, base and every entry's term are the same. */
    boolean sameAs(ReplicaLog other) {
        int from = (int) base.index();
        return replicaId == other.replicaId
                && term == other.term
                && votedFor == other.votedFor
                && base.equals(other.base)
                && last == other.last
                && Arrays.equals(terms, from, (int) last + 1, other.terms, from, (int) last + 1);
    }

    @Override
    public String toString() {
        return "term "
                + term
                + " vote "
                + votedFor
                + (base.index() == 0 ? "" : " behind " + base.index())
                + " last "
                + last
                + (last == 0 ? "" : " of term " + terms[(int) last]);
    }
}
