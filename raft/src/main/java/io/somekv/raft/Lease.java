package io.somekv.raft;

import io.somekv.base.Mutation;

/**
 * A leader's right to read without asking again (thesis §6.4.1), if the config grants one: a quorum
 * of those who count now has heard this leader so short a time ago that it still gives its votes to
 * nobody else, and so no other leader can have been elected yet. Counted from when the round left,
 * before any of them heard it.
 *
 * <p>A leader that has asked another to campaign has no lease any more in its term: votes go to
 * that one at once, and a copy of what asked it may be late (KB-34).
 */
final class Lease {
    private final Core core;
    private final Replication replication;
    private final ReadRounds rounds;
    private boolean isGivenUp;

    Lease(Core core, Replication replication, ReadRounds rounds) {
        this.core = core;
        this.replication = replication;
        this.rounds = rounds;
    }

    boolean isHeld() {
        long confirmed = replication.quorumRound(rounds.round());
        return !isGivenUp
                && rounds.isDated(confirmed)
                && core.now().nanos() - rounds.startNanos(confirmed) < lengthNanos();
    }

    private long lengthNanos() {
        RaftConfig config = core.config();
        boolean isBug = config.leaseNanos() > 0 && core.has(Mutation.LEASE_WITHOUT_DRIFT);
        return isBug ? config.electionTimeoutNanos() : config.leaseNanos();
    }

    /** Before another is asked to campaign. */
    void giveUp() {
        isGivenUp = !core.has(Mutation.LEASE_KEPT_ON_TRANSFER);
    }
}
