package io.somekv.raft;

import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.List;

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

    private final Core core;
    private final long[] startNanos = new long[STARTS];
    private long round;

    /** Reads that no round covers yet. */
    private List<Long> waiting = new ArrayList<>();

    /** Reads that {@code runningRound} covers. */
    private List<Long> running = new ArrayList<>();

    private long runningRound;
    private long runningIndex;

    ReadRounds(Core core) {
        this.core = core;
    }

    long round() {
        return round;
    }

    /** Whether messages that begin a round should leave now, for the sake of reads. */
    boolean wantsRound() {
        return running.isEmpty() && !waiting.isEmpty();
    }

    void add(long token) {
        if (core.has(Mutation.READ_JOINS_RUNNING_ROUND) && !running.isEmpty()) {
            running.add(token);
            return;
        }
        waiting.add(token);
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
            List<Long> empty = running;
            running = waiting;
            waiting = empty;
            runningRound = round;
            runningIndex = core.log().commit();
        }
    }

    /** Whether {@code number} was begun by this leader and is recent enough to be dated. */
    boolean isDated(long number) {
        return number > 0 && number <= round && number > round - STARTS;
    }

    long startNanos(long number) {
        return startNanos[(int) (number % STARTS)];
    }

    boolean isRunning() {
        return !running.isEmpty();
    }

    /** A quorum has answered {@code confirmed} or a later round. */
    void onConfirmed(long confirmed) {
        if (isRunning() && confirmed >= runningRound) {
            for (long token : running) {
                core.effects().answer(new ReadResult.Confirmed(token, runningIndex));
            }
            running.clear();
        }
    }

    /** This replica does not lead any more, or must not. */
    void refuseAll(long leaderHint) {
        for (long token : running) {
            core.effects().answer(new ReadResult.NotLeader(token, leaderHint));
        }
        for (long token : waiting) {
            core.effects().answer(new ReadResult.NotLeader(token, leaderHint));
        }
        running.clear();
        waiting.clear();
    }
}
