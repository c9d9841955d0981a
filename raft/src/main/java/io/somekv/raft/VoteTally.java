package io.somekv.raft;

import io.somekv.base.Mutation;
import java.util.ArrayList;
import java.util.List;

/**
 * The votes of one campaign, counted by voter and not by message: duplicates and late replies
 * change nothing (KB-10).
 */
final class VoteTally {
    private final Core core;
    private final List<Long> granted = new ArrayList<>();
    private final List<Long> refused = new ArrayList<>();

    VoteTally(Core core) {
        this.core = core;
    }

    /** Returns whether the vote was news. */
    boolean count(long voterId, boolean isGranted) {
        boolean known = granted.contains(voterId) || refused.contains(voterId);
        if (core.has(Mutation.COUNT_MESSAGES_AS_VOTES)) {
            known = false;
        }
        if (known || !core.membership().isVoter(voterId)) {
            return false;
        }
        (isGranted ? granted : refused).add(voterId);
        return true;
    }

    /** Voters that did not answer. */
    List<Member> silent() {
        return core.membership().electorate().stream()
                .filter(voter -> voter.replicaId() != core.self())
                .filter(voter -> !granted.contains(voter.replicaId()))
                .filter(voter -> !refused.contains(voter.replicaId()))
                .toList();
    }

    boolean isWon() {
        if (core.has(Mutation.COUNT_MESSAGES_AS_VOTES)) {
            return granted.size() >= Membership.majority(core.membership().voters().size());
        }
        return core.membership().hasQuorum(granted::contains);
    }

    /** So many refused that the rest could not make a quorum any more. */
    boolean isLost() {
        return !core.membership().hasQuorum(id -> !refused.contains(id));
    }
}
