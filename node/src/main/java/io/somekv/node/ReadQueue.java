package io.somekv.node;

import io.somekv.kv.StateMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The reads of one replica (thesis §6.4): all that arrived in one batch of inputs, and may be as
 * old, ask for an index together; each is answered once that index is applied. A read that meets an
 * expiry which has passed but is not yet logged waits for a time-only entry, one for all such reads
 * (KB-51); only a leader can append one, so that a follower passes such a read on.
 */
final class ReadQueue {
    /** Weight of the reads that wait; past it: Busy. */
    static final long WAITING_BYTES_MAX = 32L << 20;

    record Waiting(Command.Read command, ReadMode mode, long weight, Waiter waiter) {}

    /** Reads that may be answered once {@code index} is applied. */
    private record Indexed(long index, List<Waiting> reads) {}

    private StateMachine machine;

    /** By how old the answer may be. */
    private final TreeMap<Long, List<Waiting>> gathered = new TreeMap<>();

    private final TreeMap<Long, List<Waiting>> askedByToken = new TreeMap<>();

    /** By index. One that may be old comes before others that came first. */
    private final TreeMap<Long, List<Waiting>> confirmed = new TreeMap<>();

    /** Wait for a time-only entry that is proposed and whose index is not yet known. */
    private final List<Waiting> awaitProposal = new ArrayList<>();

    private final ArrayDeque<Indexed> awaitTime = new ArrayDeque<>();

    /**
     * May be answered, but each walks all rows of a shard: one a turn, so that a count of the whole
     * store does not hold up heartbeats.
     */
    private final ArrayDeque<Waiting> scans = new ArrayDeque<>();

    private long waitingBytes;

    ReadQueue(StateMachine machine) {
        this.machine = machine;
    }

    /** A snapshot has put another state in the place of the one before. */
    void use(StateMachine installed) {
        machine = installed;
    }

    /** False where there is no room. */
    boolean add(Waiting read) {
        if (waitingBytes + read.weight() > WAITING_BYTES_MAX) {
            return false;
        }
        waitingBytes += read.weight();
        return gathered.computeIfAbsent(read.mode().ageMillisMax(), age -> new ArrayList<>())
                .add(read);
    }

    boolean hasGathered() {
        return !gathered.isEmpty();
    }

    /** Nobody waits here, and nothing is accounted for. */
    boolean isIdle() {
        return waitingBytes == 0
                && gathered.isEmpty()
                && askedByToken.isEmpty()
                && confirmed.isEmpty()
                && awaitProposal.isEmpty()
                && awaitTime.isEmpty()
                && scans.isEmpty();
    }

    /** Returns how old, in milliseconds, the answer to those may be that now wait for it. */
    long ask(long token) {
        Map.Entry<Long, List<Waiting>> first = gathered.pollFirstEntry();
        askedByToken.put(token, first.getValue());
        return first.getKey();
    }

    void confirmed(long token, long index) {
        List<Waiting> reads = askedByToken.remove(token);
        if (reads != null) {
            confirmed.merge(index, reads, ReadQueue::join);
        }
    }

    private static List<Waiting> join(List<Waiting> first, List<Waiting> second) {
        first.addAll(second);
        return first;
    }

    void refused(Now now, long token, Outcome outcome, long logTime) {
        List<Waiting> reads = askedByToken.remove(token);
        if (reads != null) {
            refuseAll(now, reads, outcome, logTime);
        }
    }

    /** The time-only entry got its place in the log. */
    void timeAppended(long index) {
        awaitTime.addLast(new Indexed(index, List.copyOf(awaitProposal)));
        awaitProposal.clear();
    }

    void timeRefused(Now now, Outcome outcome, long logTime) {
        List<Waiting> reads = List.copyOf(awaitProposal);
        awaitProposal.clear();
        refuseAll(now, reads, outcome, logTime);
    }

    /**
     * This replica leads no more. Reads whose index is confirmed may still be answered, for that
     * index is committed; but the index of a time-only entry may never come to be, so that whoever
     * waits for one could wait for ever.
     */
    void abandon(Now now, Outcome outcome) {
        List<Waiting> lost = new ArrayList<>();
        gathered.values().forEach(lost::addAll);
        gathered.clear();
        for (Indexed time : awaitTime) {
            lost.addAll(time.reads());
        }
        awaitTime.clear();
        refuseAll(now, lost, outcome, 0);
    }

    /**
     * Answers the reads whose index is applied, but those that scan.
     *
     * @param logTime what an entry proposed now would be stamped
     * @return true where a time-only entry must be proposed for some of them
     */
    boolean answer(Now now, long logTime) {
        while (!awaitTime.isEmpty() && awaitTime.getFirst().index() <= machine.appliedIndex()) {
            for (Waiting read : awaitTime.removeFirst().reads()) {
                answerUnlessScan(now, read, logTime);
            }
        }
        boolean proposing = !awaitProposal.isEmpty();
        while (!confirmed.isEmpty() && confirmed.firstKey() <= machine.appliedIndex()) {
            for (Waiting read : confirmed.pollFirstEntry().getValue()) {
                if (read.mode().ageMillisMax() != ReadMode.ANY_AGE
                        && machine.awaitsTime(read.command(), logTime)) {
                    awaitProposal.add(read);
                } else {
                    answerUnlessScan(now, read, logTime);
                }
            }
        }
        return !proposing && !awaitProposal.isEmpty();
    }

    boolean hasScans() {
        return !scans.isEmpty();
    }

    /** Answers one read that scans. The state may be past its index by now: that is as good. */
    void answerScan(Now now, long logTime) {
        if (!scans.isEmpty()) {
            answer(now, scans.removeFirst(), logTime);
        }
    }

    private void answerUnlessScan(Now now, Waiting read, long logTime) {
        if (read.command() instanceof Command.CountKeys
                || read.command() instanceof Command.OfSlot) {
            scans.addLast(read);
        } else {
            answer(now, read, logTime);
        }
    }

    private void answer(Now now, Waiting read, long logTime) {
        waitingBytes -= read.weight();
        Outcome outcome = Weights.sendable(read.command(), machine.read(read.command()));
        read.waiter().done(now, outcome, logTime);
    }

    private void refuseAll(Now now, List<Waiting> reads, Outcome outcome, long logTime) {
        for (Waiting read : reads) {
            waitingBytes -= read.weight();
        }
        reads.forEach(read -> read.waiter().done(now, outcome, logTime));
    }
}
