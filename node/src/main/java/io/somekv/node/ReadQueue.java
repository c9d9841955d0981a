package io.somekv.node;

import io.somekv.kv.StateMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The linearizable reads of one group's leader (thesis §6.4): all that arrived in one batch of
 * inputs ask for an index together; each is answered once that index is applied. A read that meets
 * an expiry which has passed but is not yet logged waits for a time-only entry, one for all such
 * reads (KB-51).
 */
final class ReadQueue {
    /** Weight of the reads that wait; past it: Busy. */
    static final long WAITING_BYTES_MAX = 32L << 20;

    private record Waiting(Command.Read command, long weight, Waiter waiter) {}

    /** Reads that may be answered once {@code index} is applied. */
    private record Indexed(long index, List<Waiting> reads) {}

    private StateMachine machine;
    private List<Waiting> gathered = new ArrayList<>();
    private final TreeMap<Long, List<Waiting>> askedByToken = new TreeMap<>();
    private final ArrayDeque<Indexed> confirmed = new ArrayDeque<>();

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
    boolean add(Request request, Command.Read command, Waiter waiter) {
        long weight = Weights.of(request);
        if (waitingBytes + weight > WAITING_BYTES_MAX) {
            return false;
        }
        waitingBytes += weight;
        return gathered.add(new Waiting(command, weight, waiter));
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

    void ask(long token) {
        askedByToken.put(token, gathered);
        gathered = new ArrayList<>();
    }

    void confirmed(long token, long index) {
        List<Waiting> reads = askedByToken.remove(token);
        if (reads != null) {
            confirmed.addLast(new Indexed(index, reads));
        }
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
        List<Waiting> lost = gathered;
        gathered = new ArrayList<>();
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
        while (isApplied(awaitTime)) {
            for (Waiting read : awaitTime.removeFirst().reads()) {
                answerUnlessScan(now, read, logTime);
            }
        }
        boolean proposing = !awaitProposal.isEmpty();
        while (isApplied(confirmed)) {
            for (Waiting read : confirmed.removeFirst().reads()) {
                if (machine.awaitsTime(read.command(), logTime)) {
                    awaitProposal.add(read);
                } else {
                    answerUnlessScan(now, read, logTime);
                }
            }
        }
        return !proposing && !awaitProposal.isEmpty();
    }

    private boolean isApplied(ArrayDeque<Indexed> queue) {
        return !queue.isEmpty() && queue.getFirst().index() <= machine.appliedIndex();
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
        if (read.command() instanceof Command.CountKeys) {
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
