package io.somekv.raft;

import io.somekv.base.Mutation;

/**
 * How a leader answers reads: by its lease, or by a round of its own (thesis §6.4), and never
 * before an entry of its term is committed. While its clock is refused it answers nobody: another
 * will lead soon.
 */
final class LeaderReads {
    private final Core core;
    private final Replication replication;
    private final LeaderClock clock;
    private final OwnEntries entries;
    private final ReadRounds rounds;
    private final Lease lease;

    LeaderReads(
            Core core,
            Replication replication,
            LeaderClock clock,
            OwnEntries entries,
            ReadRounds rounds) {
        this.core = core;
        this.replication = replication;
        this.clock = clock;
        this.entries = entries;
        this.rounds = rounds;
        this.lease = new Lease(core, replication, rounds);
    }

    void onRead(Input.Read read) {
        if (clock.isRefused()) {
            core.effects().answer(new ReadResult.NotLeader(read.token(), 0));
        } else {
            take(new ReadRounds.Reader.Here(read.token()));
        }
    }

    void onReadIndex(Message.ReadIndex message) {
        if (!clock.isRefused()) {
            take(new ReadRounds.Reader.Elsewhere(message.from(), message.question()));
        }
    }

    private void take(ReadRounds.Reader reader) {
        if (isCommitCurrent() && lease.isHeld()) {
            rounds.answer(reader, core.log().commit());
        } else {
            rounds.add(reader);
        }
    }

    /**
     * Whether the commit index is as high as any leader's before it ever was: true once an entry of
     * its own term is committed (Raft §8, KB-31).
     */
    private boolean isCommitCurrent() {
        return entries.isFirstCommitted() || core.has(Mutation.READ_BEFORE_OWN_TERM);
    }

    /** Begins a round where one is due, or somebody waits for one. */
    void maybeBegin(boolean isHeartbeatDue) {
        if (isHeartbeatDue || (rounds.wantsRound() && isCommitCurrent())) {
            rounds.begin(isCommitCurrent());
            if (core.isOnlyVoter()) {
                onHeard();
            }
        }
    }

    /** Somebody has answered a round. */
    void onHeard() {
        if (rounds.isRunning()) {
            rounds.onConfirmed(replication.quorumRound(rounds.round()));
        }
    }

    /** Before another is asked to campaign. */
    void giveUpLease() {
        lease.giveUp();
    }
}
