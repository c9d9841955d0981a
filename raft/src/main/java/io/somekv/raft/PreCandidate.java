package io.somekv.raft;

import io.somekv.base.Mutation;

/**
 * Asks whether it would be elected, before it disturbs anyone with a higher term (thesis §9.6). Its
 * term and vote stay as they are.
 */
final class PreCandidate implements RoleState {
    private final Core core;
    private final VoteTally tally;
    private final long deadlineNanos;

    /** When those that did not answer are asked again. */
    private long askAgainNanos;

    PreCandidate(Core core, long deadlineNanos) {
        this.core = core;
        this.tally = new VoteTally(core);
        this.deadlineNanos = deadlineNanos;
    }

    void campaign() {
        tally.count(core.self(), true);
        ask();
    }

    private void ask() {
        askAgainNanos = core.now().nanos() + core.config().heartbeatNanos();
        for (Member voter : tally.silent()) {
            core.effects()
                    .send(
                            new Message.PreVote(
                                    core.self(),
                                    voter.replicaId(),
                                    core.term() + 1,
                                    core.log().last()));
        }
    }

    @Override
    public ReplicaStatus.Role role() {
        return ReplicaStatus.Role.PRE_CANDIDATE;
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
            }
            return;
        }
        if (core.mayCampaign()) {
            core.becomePreCandidate();
        } else {
            core.becomeFollower(core.term(), 0);
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

    /**
     * A refusal that names a higher term is adopted, or a voter that campaigned alone once would
     * refuse everybody else for ever, and its own log be refused by them (KB-8).
     */
    @Override
    public void onPreVoteReply(Message.PreVoteReply message) {
        boolean isLate =
                message.term() != core.term() + 1 && !core.has(Mutation.COUNT_MESSAGES_AS_VOTES);
        if (!message.granted() && message.voterTerm() > core.term()) {
            core.becomeFollower(message.voterTerm(), 0);
            return;
        }
        if (isLate) {
            return;
        }
        tally.count(message.from(), message.granted());
        if (tally.isWon()) {
            core.becomeCandidate(false);
        } else if (tally.isLost()) {
            core.becomeFollower(core.term(), 0);
        }
    }
}
