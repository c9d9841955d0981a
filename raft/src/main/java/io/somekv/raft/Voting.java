package io.somekv.raft;

/**
 * How a voter answers candidates (Raft §5.2, §5.4.1), the same in every role. Within the minimum
 * election timeout of leader contact and of process start it does not even listen: a server that
 * was cut off or removed cannot disturb a group that has a leader (thesis §4.2.3), and a leader's
 * lease holds.
 *
 * <p>Whether the candidate, or this replica, is a voter is not asked (Raft §6): who counts is for
 * the candidate's membership to say, which may be newer than the one here. A replica that did not
 * yet hear of its own promotion would else deny its group the vote that it needs (KB-5).
 */
final class Voting {
    private final Core core;

    Voting(Core core) {
        this.core = core;
    }

    /** Thesis §9.6. Grants as it would grant the vote, and changes nothing. */
    void onPreVote(Message.PreVote message) {
        boolean granted =
                !core.refusesVotes()
                        && message.term() > core.term()
                        && core.log().isUpToDate(message.last());
        core.effects()
                .send(
                        new Message.PreVoteReply(
                                core.self(), message.from(), message.term(), core.term(), granted));
    }

    /**
     * Raft figure 2, RequestVote, receiver implementation. A refusal for leader contact is silent,
     * and does not even adopt the term, or it would topple the leader all the same. A candidate
     * whom that leader sent is heard: it has no lease any more that could be broken.
     */
    void onRequestVote(Message.RequestVote message) {
        if (message.term() >= core.term()) {
            if (core.refusesVotes() && !message.byTransfer()) {
                return;
            }
            if (message.term() > core.term()) {
                core.becomeFollower(message.term(), 0);
            }
        }
        boolean granted =
                message.term() == core.term()
                        && core.isVoteFreeFor(message.from())
                        && core.log().isUpToDate(message.last());
        if (granted) {
            core.voteFor(message.from());
            waitAnew();
        }
        core.persists()
                .sendWhenStateDurable(
                        new Message.RequestVoteReply(
                                core.self(),
                                message.from(),
                                core.term(),
                                granted,
                                core.now().wallMillis()),
                        core.effects(),
                        core.now());
    }

    private void waitAnew() {
        if (core.role() instanceof Follower follower) {
            follower.waitAnew();
        } else {
            core.becomeFollower(core.term(), 0);
        }
    }
}
