package io.somekv.raft;

import org.jspecify.annotations.Nullable;

/**
 * A leader's look at its own disk (DESIGN §3, rule 5). Where the others are a quorum, neither
 * commits nor heartbeats wait for it, so that nobody else notices when it is slow or stuck. But all
 * clients wait for it: a leader answers what it has applied, and applies what is durable here.
 *
 * <p>All is judged against the voters, and only one that has synced more is better: where all disks
 * are slow alike, as on one that they share, a new leader would be no gain.
 *
 * <ul>
 *   <li><b>Stuck</b>: a persist is under way for half an election timeout: hand over.
 *   <li><b>Slow</b>: what is committed is durable here so much later, on average: hand over.
 *   <li><b>Stalled</b>: a persist is under way for {@link RaftConfig#diskStallNanos}, and nobody
 *       has taken over: step down.
 * </ul>
 */
final class DiskWatch {
    /** The average lag is over about so many samples. */
    private static final int SAMPLES = 8;

    private final Core core;
    private final Replication replication;
    private final Successors successors;
    private final long stuckNanos;
    private final long stallNanos;

    /** A committed index that is not durable here yet, and since when; 0 for none. */
    private long awaitedIndex;

    private long awaitedSinceNanos;
    private long lagNanos;

    DiskWatch(Core core, Replication replication, Successors successors) {
        this.core = core;
        this.replication = replication;
        this.successors = successors;
        // Jitter, lest one slow disk under a thousand groups moves all their leaders at once.
        long jitter = core.electionWaitNanos();
        long stall = core.config().diskStallNanos();
        long half = core.config().electionTimeoutNanos() / 2;
        this.stallNanos = stall + jitter % Math.max(1, stall / 4);
        this.stuckNanos = half + jitter % Math.max(1, half / 2);
    }

    /** When time alone may change what this says; MAX_VALUE for never. */
    long nextNanos() {
        long since = core.persists().oldestSinceNanos();
        if (since == Long.MAX_VALUE) {
            return since;
        }
        boolean isToBeStuck = isOn() && since + stuckNanos > core.now().nanos();
        return since + (isToBeStuck ? Math.min(stuckNanos, stallNanos) : stallNanos);
    }

    boolean isStalled() {
        return isUnderWayFor(stallNanos) && replication.hasVoterBeyond(core.log().durable());
    }

    /** Who is to lead in this replica's place; null where it is to stay. */
    @Nullable Progress successor() {
        boolean isTooSlow = isUnderWayFor(stuckNanos) || lagNanos > core.config().diskLagNanosMax();
        return isOn() && isTooSlow && core.mayHandOver()
                ? successors.bestBeyond(core.log().durable())
                : null;
    }

    /** More is committed, or durable here: takes a sample where that tells how far this lags. */
    void onProgress() {
        long durable = core.log().durable();
        long now = core.now().nanos();
        if (awaitedIndex == 0) {
            if (core.log().commit() > durable) {
                awaitedIndex = core.log().commit();
                awaitedSinceNanos = now;
            } else {
                sample(0);
            }
        } else if (durable >= awaitedIndex) {
            awaitedIndex = 0;
            sample(now - awaitedSinceNanos);
        }
    }

    private void sample(long nanos) {
        lagNanos += (nanos - lagNanos) / SAMPLES;
    }

    private boolean isOn() {
        return core.config().diskLagNanosMax() > 0;
    }

    private boolean isUnderWayFor(long nanos) {
        long since = core.persists().oldestSinceNanos();
        return since != Long.MAX_VALUE && core.now().nanos() - since >= nanos;
    }
}
