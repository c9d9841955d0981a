package io.somekv.raft;

import io.somekv.base.Mutation;

/**
 * A group that has nothing to do goes quiet (as in CockroachDB, and TiKV's hibernating regions):
 * its leader sends a heartbeat now and then only, its followers wait for none. Who hosts the
 * replicas watches over the nodes meanwhile, for all their groups at once, and wakes each that
 * misses one ({@link Input.Wake}).
 *
 * <p>Nothing is quiet that could be missed: all members have the whole log, know that it is
 * committed, and answered just now. Whatever is asked of a quiet group wakes it, and so does every
 * message but the heartbeats that keep it so, at either end.
 */
final class Quiescence {
    /** A quiet group's heartbeats are this much rarer. */
    static final int RARER = 300;

    private final Core core;
    private final Replication replication;
    private long busyAtNanos;
    private boolean isQuiet;

    /** The round of the heartbeat that let the others go quiet. */
    private long quietRound;

    Quiescence(Core core, Replication replication) {
        this.core = core;
        this.replication = replication;
        this.busyAtNanos = core.now().nanos();
    }

    boolean isQuiet() {
        return isQuiet;
    }

    /** Something is to be done. Returns whether it was quiet. */
    boolean wake() {
        boolean wasQuiet = isQuiet;
        isQuiet = false;
        busyAtNanos = core.now().nanos();
        return wasQuiet;
    }

    /**
     * At each heartbeat: goes quiet, stays so, or wakes because somebody did not answer.
     *
     * @param isIdle nothing is under way at the leader
     * @param round that this heartbeat begins
     */
    void onHeartbeat(boolean isIdle, long round) {
        boolean wasQuiet = isQuiet;
        long since = core.now().nanos() - 2 * core.config().heartbeatNanos();
        boolean isAnswered =
                wasQuiet
                        ? replication.haveAllAnswered(quietRound)
                        : replication.areAllHeardSince(since);
        boolean isWhole =
                replication.haveAllTheWholeLog() || core.has(Mutation.QUIET_WITHOUT_WHOLE_LOG);
        isQuiet = isIdle && isAnswered && isDue() && isWhole;
        quietRound = round;
        if (wasQuiet && !isQuiet) {
            busyAtNanos = core.now().nanos();
        }
    }

    private boolean isDue() {
        long after = core.config().quiesceAfterNanos();
        return after > 0 && core.now().nanos() - busyAtNanos >= after;
    }

    /** Until the next heartbeat. */
    long heartbeatNanos() {
        return core.config().heartbeatNanos() * (isQuiet ? RARER : 1);
    }
}
