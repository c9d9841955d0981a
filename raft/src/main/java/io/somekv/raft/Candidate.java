package io.somekv.raft;

/**
 * Campaigns for its term (Raft §5.2). Neither its requests nor its own vote count before the term
 * and that vote are durable (DESIGN §3, rule 1): after a crash it could vote for somebody else.
 */
final class Candidate implements RoleState {
    private final Core core;
    private final VoteTally tally;
    private final QuorumClock clocks = new QuorumClock();
    private long deadlineNanos;
    private boolean hasOwnVote;

    /** When the requests left: no answer is older. */
    private long askedNanos;

    Candidate(Core core, long deadlineNanos) {
        this.core = core;
        this.tally = new VoteTally(core);
        this.deadlineNanos = deadlineNanos;
    }

    void campaign(boolean byTransfer) {
        for (Member voter : core.membership().electorate()) {
            if (voter.replicaId() != core.self()) {
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
        onPersisted();
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
        return deadlineNanos;
    }

    @Override
    public void onTick() {
        if (core.now().nanos() < deadlineNanos) {
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
            askedNanos = core.now().nanos();
            maybeLead();
        }
    }

    @Override
    public void onRequestVoteReply(Message.RequestVoteReply message) {
        boolean isNews = tally.count(message.from(), message.granted());
        if (isNews && message.granted()) {
            clocks.add(QuorumClock.offset(message.wallMillis(), askedNanos));
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
