package io.somekv.raft;

import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Linearizable reads without the log (thesis §6.4), and the numbers of the rounds in which a leader
 * makes sure that it still is one.
 *
 * <p>Every broadcast begins a round; its number rides on each message and comes back with the
 * answer. Reads wait for a round that began after they arrived (KB-32), all that wait share one:
 *
 * <ol>
 *   <li>round 8 begins, followers answer it, the answers are on their way,
 *   <li>another leader is elected and commits x,
 *   <li>a read arrives here: the answers to round 8 say nothing about now, and would miss x.
 * </ol>
 */
final class ReadRounds {
    /** Start times kept; an answer to an older round is too late to date a clock by. */
    private static final int STARTS = 256;

    /** Who waits for an index. */
    sealed interface Reader {
        /** A read of this replica. */
        record Here(long token) implements Reader {}

        /** One who follows, and has asked. */
        record Elsewhere(long replicaId, Message.Question question) implements Reader {}
    }

    private final Core core;
    private final LongSupplier logTime;
    private final long[] startNanos = new long[STARTS];
    private long round;

    /** Reads that no round covers yet. */
    private List<Reader> waiting = new ArrayList<>();

    /** Reads that {@code runningRound} covers. */
    private List<Reader> running = new ArrayList<>();

    private long runningRound;
    private long runningIndex;
    private long runningSinceNanos;
    private long runningLogTime;

    /**
     * @param logTime what the leader would stamp now
     */
    ReadRounds(Core core, LongSupplier logTime) {
        this.core = core;
        this.logTime = logTime;
    }

    long round() {
        return round;
    }

    /** Whether messages that begin a round should leave now, for the sake of reads. */
    boolean wantsRound() {
        return running.isEmpty() && !waiting.isEmpty();
    }

    void add(Reader reader) {
        if (core.has(Mutation.READ_JOINS_RUNNING_ROUND) && !running.isEmpty()) {
            running.add(reader);
            return;
        }
        waiting.add(reader);
    }

    /**
     * Begins a round.
     *
     * @param takesReads whether the commit index is known to be current (KB-31)
     */
    void begin(boolean takesReads) {
        round++;
        startNanos[(int) (round % STARTS)] = core.now().nanos();
        if (takesReads && wantsRound()) {
            List<Reader> empty = running;
            running = waiting;
            waiting = empty;
            runningRound = round;
            runningIndex = core.log().commit();
            runningSinceNanos = core.now().nanos();
            runningLogTime = logTime.getAsLong();
        }
    }

    /** Whether {@code number} was begun by this leader and is recent enough to be dated. */
    boolean isDated(long number) {
        return number > 0 && number <= round && number > round - STARTS;
    }

    long startNanos(long number) {
        return startNanos[(int) (number % STARTS)];
    }

    boolean isBusy() {
        return !running.isEmpty() || !waiting.isEmpty();
    }

    boolean isRunning() {
        return !running.isEmpty();
    }

    /** A quorum has answered {@code confirmed} or a later round. */
    void onConfirmed(long confirmed) {
        if (isRunning() && confirmed >= runningRound) {
            core.freshness().confirm(runningIndex, runningSinceNanos);
            core.onLogTime(runningLogTime);
            for (Reader reader : running) {
                answer(reader, runningIndex);
            }
            running.clear();
        }
    }

    /** What this leader has committed is current at a moment after the reader asked. */
    void answer(Reader reader, long index) {
        switch (reader) {
            case Reader.Here here ->
                    core.effects().answer(new ReadResult.Confirmed(here.token(), index));
            case Reader.Elsewhere elsewhere ->
                    core.effects()
                            .send(
                                    new Message.ReadIndexReply(
                                            core.self(),
                                            elsewhere.replicaId(),
                                            core.term(),
                                            elsewhere.question(),
                                            index,
                                            logTime.getAsLong()));
        }
    }

    /** This replica does not lead any more, or must not. Who follows finds out by itself. */
    void refuseAll() {
        running.addAll(waiting);
        waiting.clear();
        for (Reader reader : running) {
            if (reader instanceof Reader.Here here) {
                core.effects().answer(new ReadResult.NotLeader(here.token(), 0));
            }
        }
        running.clear();
    }
}
