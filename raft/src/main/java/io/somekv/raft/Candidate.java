package io.somekv.raft;

/**
 * Campaigns for its term (Raft §5.2). Neither its requests nor its own vote count before the term
 * and that vote are durable (DESIGN §3, rule 1): after a crash it could vote for somebody else.
 */
final class Candidate implements RoleState {
    private final Core core;
    private final VoteTally tally;
    private final QuorumClock clocks = new QuorumClock();
    private final boolean byTransfer;
    private long deadlineNanos;
    private boolean hasOwnVote;

    /** When those that did not answer are asked again; never before the first requests left. */
    private long askAgainNanos = Long.MAX_VALUE;

    /**
     * @param byTransfer at the wish of the leader of the term before
     */
    Candidate(Core core, long deadlineNanos, boolean byTransfer) {
        this.core = core;
        this.tally = new VoteTally(core);
        this.deadlineNanos = deadlineNanos;
        this.byTransfer = byTransfer;
    }

    void campaign() {
        ask();
        onPersisted();
    }

    private void ask() {
        for (Member voter : tally.silent()) {
            core.persists()
                    .sendWhenStateDurable(
                            new Message.RequestVote(
                                    core.self(),
                                    voter.replicaId(),
                                    core.term(),
                                    core.log().last(),
                                    byTransfer),
                            core.effects(),
                            core.now());
        }
    }

    private void planAsking() {
        askAgainNanos = core.now().nanos() + core.config().heartbeatNanos();
    }

    @Override
    public ReplicaStatus.Role role() {
        return ReplicaStatus.Role.CANDIDATE;
    }

    @Override
    public long leaderId() {
        return 0;
    }

    @Override
    public long nextDeadlineNanos() {
        return Math.min(deadlineNanos, askAgainNanos);
    }

    @Override
    public void onTick() {
        if (core.now().nanos() < deadlineNanos) {
            if (core.now().nanos() >= askAgainNanos) {
                ask();
                planAsking();
            }
            return;
        }
        if (!core.mayCampaign()) {
            core.becomeFollower(core.term(), 0);
        } else if (core.isOnlyVoter()) {
            deadlineNanos = core.now().nanos() + core.electionWaitNanos();
        } else {
            core.becomePreCandidate();
        }
    }

    @Override
    public void onAppendEntries(Message.AppendEntries message) {
        core.becomeFollower(core.term(), message.from());
        core.role().onAppendEntries(message);
    }

    @Override
    public void onInstallSnapshot(Message.InstallSnapshot message) {
        core.becomeFollower(core.term(), message.from());
        core.role().onInstallSnapshot(message);
    }

    @Override
    public void onPersisted() {
        if (!hasOwnVote && core.persists().isStateDurable()) {
            hasOwnVote = true;
            tally.count(core.self(), true);
            planAsking();
            maybeLead();
        }
    }

    @Override
    public void onRequestVoteReply(Message.RequestVoteReply message) {
        boolean isNews = tally.count(message.from(), message.granted());
        if (isNews && message.granted()) {
            clocks.add(QuorumClock.offset(message.wallMillis(), core.now().nanos()));
        }
        if (tally.isLost()) {
            core.becomeFollower(core.term(), 0);
        } else {
            maybeLead();
        }
    }

    private void maybeLead() {
        if (tally.isWon()) {
            long own = QuorumClock.offset(core.now().wallMillis(), core.now().nanos());
            clocks.add(own);
            core.becomeLeader(clocks.vouchesFor(own, core.config().clockLeadMillisMax()));
        }
    }
}
