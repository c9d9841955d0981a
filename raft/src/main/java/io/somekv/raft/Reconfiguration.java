package io.somekv.raft;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a leader changes its group's members: by joint consensus (Raft §6), one change at a time.
 *
 * <p>Whoever joins first listens. Once it has the log the leader makes it vote by itself, with the
 * one that it replaces leaving in the same step, and ends every joint membership as soon as that is
 * committed. All of it follows from the membership in the log, so the next leader goes on with what
 * the last one began.
 */
final class Reconfiguration {
    private final Core core;
    private final Replication replication;

    /** End of the log one heartbeat ago: who has that by now keeps up (thesis §4.2.1). */
    private long lastIndexBefore = Long.MAX_VALUE;

    private long lastIndexAtHeartbeat = Long.MAX_VALUE;

    Reconfiguration(Core core, Replication replication) {
        this.core = core;
        this.replication = replication;
    }

    /**
     * Why nothing may be changed just now; empty where it may.
     *
     * <p>Not before an entry of this term is committed: until then another change, of a leader
     * before, may be on its way to being committed, and the two could have majorities that do not
     * meet (KB-2, found by D. Ongaro in 2015). Nor while the last change is not committed (KB-3).
     */
    Optional<String> obstacle(long firstOwnIndex) {
        RaftLog log = core.log();
        boolean hasBegun =
                log.commit() >= firstOwnIndex || core.has(Mutation.CHANGE_BEFORE_OWN_TERM);
        if (!hasBegun) {
            return Optional.of("its leader has just begun; try again");
        }
        if (core.memberships().index() > log.commit() || core.membership().isJoint()) {
            return Optional.of("another change of its members is under way; try again");
        }
        return Optional.empty();
    }

    /** Why {@code change} must not be; empty where it may. */
    Optional<String> objection(MembershipChange change) {
        return Optional.ofNullable(
                switch (change) {
                    case MembershipChange.Add add -> objectionTo(add);
                    case MembershipChange.Remove remove -> objectionTo(remove);
                });
    }

    private @Nullable String objectionTo(MembershipChange.Add add) {
        Membership membership = core.membership();
        boolean hasReplaced = membership.keepsVoter(add.replaces());
        if (add.replaces() != 0 && !hasReplaced) {
            return "there is no voter " + add.replaces() + " to be replaced";
        }
        for (Membership.Learner learner : membership.learners()) {
            if (add.replaces() != 0 && learner.replaces() == add.replaces()) {
                return "replica %d is to be replaced by replica %d already"
                        .formatted(add.replaces(), learner.member().replicaId());
            }
        }
        for (Member member : membership.members()) {
            if (member.nodeId() == add.nodeId() && member.replicaId() != add.replaces()) {
                return "node %d has replica %d of it already"
                        .formatted(add.nodeId(), member.replicaId());
            }
        }
        return null;
    }

    private @Nullable String objectionTo(MembershipChange.Remove remove) {
        Membership membership = core.membership();
        long id = remove.replicaId();
        if (membership.find(id).isEmpty()) {
            return "there is no replica " + id;
        }
        if (!membership.isVoter(id)) {
            return null;
        }
        int left = membership.voters().size() - 1;
        if (left == 0) {
            return "replica " + id + " is the only one that votes";
        }
        Membership next = membership.removing(id).settled();
        if (next.hasQuorum(this::isHeard)) {
            return null;
        }
        long heard = next.voters().stream().filter(m -> isHeard(m.replicaId())).count();
        return "without replica %d there would be %d that vote, of which only %d answer now"
                .formatted(id, left, heard);
    }

    /** What the membership turns into by a change to which there is no objection. */
    Membership next(MembershipChange change) {
        Membership membership = core.membership();
        return switch (change) {
            case MembershipChange.Add add ->
                    (core.has(Mutation.REPLICA_ID_REUSED) ? forgetful(membership) : membership)
                            .withLearner(add.nodeId(), add.storeId(), add.replaces());
            case MembershipChange.Remove remove -> membership.removing(remove.replicaId());
        };
    }

    /** One that knows of no members but those of now. */
    private static Membership forgetful(Membership membership) {
        long last = membership.members().stream().mapToLong(Member::replicaId).max().orElse(0);
        return new Membership(
                membership.voters(), membership.outgoing(), membership.learners(), last + 1);
    }

    /** The change that is due by itself, if any: the end of a joint membership, or a promotion. */
    Optional<Membership> due(long firstOwnIndex) {
        RaftLog log = core.log();
        Membership membership = core.membership();
        boolean isCommitted =
                log.commit() >= firstOwnIndex && core.memberships().index() <= log.commit();
        boolean isBug = membership.isJoint() && core.has(Mutation.JOINT_LEFT_UNCOMMITTED);
        if (!isCommitted && !isBug) {
            return Optional.empty();
        }
        if (membership.isJoint()) {
            return Optional.of(membership.settled());
        }
        for (Membership.Learner learner : membership.learners()) {
            Progress progress = replication.find(learner.member().replicaId());
            Invariant.check(progress != null, "the leader knows every learner");
            if (progress != null && progress.matchIndex() >= lastIndexBefore) {
                Membership next = membership.promoting(learner.member().replicaId());
                if (next.settled().hasQuorum(this::isHeard)) {
                    return Optional.of(next);
                }
            }
        }
        return Optional.empty();
    }

    /** Whether members are about to be others, or one is still to be made a voter. */
    boolean isUnderWay() {
        Membership membership = core.membership();
        return core.memberships().index() > core.log().commit()
                || membership.isJoint()
                || !membership.learners().isEmpty();
    }

    void onHeartbeat() {
        lastIndexBefore = lastIndexAtHeartbeat;
        lastIndexAtHeartbeat = core.log().last().index();
    }

    /** Whether it answers; this replica does. */
    private boolean isHeard(long id) {
        Progress progress = replication.find(id);
        return id == core.self() || (progress != null && replication.hasAnswered(progress));
    }
}
