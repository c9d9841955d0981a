package io.somekv.node;

import io.somekv.kv.StateMachine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
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
    private static final int WAITING_MAX = 1 << 16;

    private record Waiting(Command.Read command, Waiter waiter) {}

    private record Confirmed(long index, List<Waiting> reads) {}

    private final StateMachine machine;
    private List<Waiting> gathered = new ArrayList<>();
    private final TreeMap<Long, List<Waiting>> askedByToken = new TreeMap<>();
    private final ArrayDeque<Confirmed> confirmed = new ArrayDeque<>();

    /** Wait for a time-only entry that is proposed and whose index is not yet known. */
    private final List<Waiting> awaitProposal = new ArrayList<>();

    private final ArrayDeque<Confirmed> awaitTime = new ArrayDeque<>();
    private int waitingCount;

    ReadQueue(StateMachine machine) {
        this.machine = machine;
    }

    boolean add(Command.Read command, Waiter waiter) {
        if (waitingCount >= WAITING_MAX) {
            return false;
        }
        waitingCount++;
        return gathered.add(new Waiting(command, waiter));
    }

    boolean hasGathered() {
        return !gathered.isEmpty();
    }

    void ask(long token) {
        askedByToken.put(token, gathered);
        gathered = new ArrayList<>();
    }

    void confirmed(long token, long index) {
        List<Waiting> reads = askedByToken.remove(token);
        if (reads != null) {
            confirmed.addLast(new Confirmed(index, reads));
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
        awaitTime.addLast(new Confirmed(index, List.copyOf(awaitProposal)));
        awaitProposal.clear();
    }

    void timeRefused(Now now, Outcome outcome, long logTime) {
        List<Waiting> reads = List.copyOf(awaitProposal);
        awaitProposal.clear();
        refuseAll(now, reads, outcome, logTime);
    }

    /**
     * Answers the reads whose index is applied.
     *
     * @param logTime what an entry proposed now would be stamped
     * @return true where a time-only entry must be proposed for some of them
     */
    boolean answer(Now now, long logTime) {
        while (isApplied(awaitTime)) {
            for (Waiting read : awaitTime.removeFirst().reads()) {
                answer(now, read, logTime);
            }
        }
        boolean proposing = !awaitProposal.isEmpty();
        while (isApplied(confirmed)) {
            for (Waiting read : confirmed.removeFirst().reads()) {
                if (machine.awaitsTime(read.command(), logTime)) {
                    awaitProposal.add(read);
                } else {
                    answer(now, read, logTime);
                }
            }
        }
        return !proposing && !awaitProposal.isEmpty();
    }

    private boolean isApplied(ArrayDeque<Confirmed> queue) {
        return !queue.isEmpty() && queue.getFirst().index() <= machine.appliedIndex();
    }

    private void answer(Now now, Waiting read, long logTime) {
        waitingCount--;
        read.waiter().done(now, machine.read(read.command()), logTime);
    }

    private void refuseAll(Now now, List<Waiting> reads, Outcome outcome, long logTime) {
        waitingCount -= reads.size();
        reads.forEach(read -> read.waiter().done(now, outcome, logTime));
    }
}
