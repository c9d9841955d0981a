package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Who votes and who only listens (Raft §6, thesis §4). Ordered by replica id, so that every replica
 * walks it in the same order.
 *
 * <p>While the voters change it is <b>joint</b>: whatever is decided needs a majority of the voters
 * to come and a majority of those who were. So there is no moment at which two halves of a group
 * could decide without each other.
 *
 * @param voters those who vote; while joint, those who will
 * @param outgoing while joint, those who voted before; else empty
 * @param learners neither vote nor count
 * @param nextReplicaId what the next one to join is called: an id is never given twice, or a
 *     destroyed replica and a new one could be taken for each other (KB-41)
 */
public record Membership(
        List<Member> voters, List<Member> outgoing, List<Learner> learners, long nextReplicaId) {
    private static final Comparator<Member> BY_ID = Comparator.comparingLong(Member::replicaId);

    /**
     * One who is to vote once it has the log (thesis §4.2.1).
     *
     * @param replaces the voter that leaves in the same step; 0 for none
     */
    public record Learner(Member member, long replaces) {}

    public Membership {
        voters = voters.stream().sorted(BY_ID).toList();
        outgoing = outgoing.stream().sorted(BY_ID).toList();
        learners = learners.stream().sorted(Comparator.comparing(Learner::member, BY_ID)).toList();
        Invariant.check(!voters.isEmpty(), "a membership has a voter");
        long last = 0;
        for (Member member : merged(merged(voters, outgoing), membersOf(learners))) {
            Invariant.check(member.replicaId() > last, "replica ids of a membership differ");
            last = member.replicaId();
        }
        Invariant.check(last < nextReplicaId, "no id is given twice", last, nextReplicaId);
    }

    /** The first membership of a group. */
    public static Membership of(List<Member> voters) {
        return of(voters, List.of());
    }

    public static Membership of(List<Member> voters, List<Member> learners) {
        long last = 0;
        for (Member member : merged(voters.stream().sorted(BY_ID).toList(), learners)) {
            last = Math.max(last, member.replicaId());
        }
        return new Membership(
                voters,
                List.of(),
                learners.stream().map(member -> new Learner(member, 0)).toList(),
                last + 1);
    }

    public boolean isJoint() {
        return !outgoing.isEmpty();
    }

    /** Those whom a candidate asks: voters, while joint those of both sides. */
    public List<Member> electorate() {
        return merged(voters, outgoing);
    }

    /** All members, each once. */
    public List<Member> members() {
        return merged(electorate(), membersOf(learners));
    }

    public boolean isVoter(long replicaId) {
        return find(voters, replicaId) != null || find(outgoing, replicaId) != null;
    }

    /** Whether it is a voter, and while joint of the side that stays. */
    boolean keepsVoter(long replicaId) {
        return find(voters, replicaId) != null;
    }

    public Optional<Member> find(long replicaId) {
        Member found = find(voters, replicaId);
        if (found == null) {
            found = find(outgoing, replicaId);
        }
        return Optional.ofNullable(found != null ? found : find(membersOf(learners), replicaId));
    }

    /** Whether a replica was a member once, and can never be again. */
    public boolean isGone(long replicaId) {
        return replicaId < nextReplicaId && find(replicaId).isEmpty();
    }

    /** Whether those that {@code has} names decide: a majority, while joint of both sides. */
    public boolean hasQuorum(LongPredicate has) {
        return hasMajority(voters, has) && (outgoing.isEmpty() || hasMajority(outgoing, has));
    }

    /** Whether {@code replicaId} decides alone. */
    public boolean isOnlyVoter(long replicaId) {
        return voters.size() == 1 && voters.getFirst().replicaId() == replicaId && !isJoint();
    }

    /** How many of {@code size} voters are a majority. */
    public static int majority(int size) {
        return size / 2 + 1;
    }

    // What it may turn into

    /** With one more who listens, and will vote in the place of {@code replaces} (0: of nobody). */
    public Membership withLearner(long nodeId, UUID storeId, long replaces) {
        List<Learner> more = new ArrayList<>(learners);
        more.add(new Learner(new Member(nextReplicaId, nodeId, storeId), replaces));
        return new Membership(voters, outgoing, more, nextReplicaId + 1);
    }

    /** On the way to where the learner votes, and the one that it replaces does not. */
    public Membership promoting(long replicaId) {
        Learner learner =
                learners.stream()
                        .filter(l -> l.member().replicaId() == replicaId)
                        .findFirst()
                        .orElseThrow();
        List<Member> next = new ArrayList<>(voters);
        next.removeIf(member -> member.replicaId() == learner.replaces());
        next.add(learner.member());
        return new Membership(next, voters, without(learners, replicaId), nextReplicaId);
    }

    /** Without a learner at once, or on the way to where the voter does not vote any more. */
    public Membership removing(long replicaId) {
        if (find(voters, replicaId) == null) {
            return new Membership(voters, outgoing, without(learners, replicaId), nextReplicaId);
        }
        List<Member> next = new ArrayList<>(voters);
        next.removeIf(member -> member.replicaId() == replicaId);
        List<Learner> rest =
                learners.stream()
                        .map(l -> l.replaces() == replicaId ? new Learner(l.member(), 0) : l)
                        .toList();
        return new Membership(next, voters, rest, nextReplicaId);
    }

    /** Out of a joint one: those who left have left. */
    public Membership settled() {
        return new Membership(voters, List.of(), learners, nextReplicaId);
    }

    private static List<Learner> without(List<Learner> learners, long replicaId) {
        return learners.stream().filter(l -> l.member().replicaId() != replicaId).toList();
    }

    private static boolean hasMajority(List<Member> side, LongPredicate has) {
        int count = 0;
        for (Member member : side) {
            if (has.test(member.replicaId())) {
                count++;
            }
        }
        return count >= majority(side.size());
    }

    private static List<Member> membersOf(List<Learner> learners) {
        return learners.isEmpty() ? List.of() : learners.stream().map(Learner::member).toList();
    }

    /** Both in order of their ids; one that is in both stands once. */
    private static List<Member> merged(List<Member> some, List<Member> others) {
        if (others.isEmpty()) {
            return some;
        }
        List<Member> all = new ArrayList<>(some);
        for (Member member : others) {
            if (!some.contains(member)) {
                all.add(member);
            }
        }
        all.sort(BY_ID);
        return all;
    }

    private static @Nullable Member find(List<Member> members, long replicaId) {
        for (Member member : members) {
            if (member.replicaId() == replicaId) {
                return member;
            }
        }
        return null;
    }
}
