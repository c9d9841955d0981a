package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who votes and who only listens (Raft §6, thesis §4). Ordered by replica id, so that every replica
 * walks it in the same order.
 */
public record Membership(List<Member> voters, List<Member> learners) {
    public Membership {
        voters = sorted(voters);
        learners = sorted(learners);
        Invariant.check(!voters.isEmpty(), "a membership has a voter");
    }

    /** The number of voters that decide. */
    public int quorum() {
        return voters.size() / 2 + 1;
    }

    public boolean isVoter(long replicaId) {
        return find(voters, replicaId) != null;
    }

    public Optional<Member> find(long replicaId) {
        Member voter = find(voters, replicaId);
        return Optional.ofNullable(voter != null ? voter : find(learners, replicaId));
    }

    private static @Nullable Member find(List<Member> members, long replicaId) {
        for (Member member : members) {
            if (member.replicaId() == replicaId) {
                return member;
            }
        }
        return null;
    }

    private static List<Member> sorted(List<Member> members) {
        List<Member> copy =
                members.stream()
                        .sorted(java.util.Comparator.comparingLong(Member::replicaId))
                        .toList();
        for (int i = 1; i < copy.size(); i++) {
            Invariant.check(
                    copy.get(i - 1).replicaId() != copy.get(i).replicaId(),
                    "replica ids of a membership differ");
        }
        return copy;
    }
}
