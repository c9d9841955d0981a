package io.somekv.node;

import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Input;
import io.somekv.raft.Member;
import io.somekv.raft.Now;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.Room;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has another replica lead a group that this one leads: as somebody wishes, or because this node's
 * disk is nearly full while a quorum of others has room (docs/decisions/0009-a-full-disk.md), and
 * then at once, for what grows waits until another leads.
 */
final class HandOver {
    /**
     * From one try to the next, from whatever leadership: two whose disks fill at once, and that do
     * not know it of each other yet, must not hand the group to and fro. A try takes half as long
     * at most.
     */
    private static final long AGAIN_NANOS = 2_000_000_000L;

    private final RaftReplica replica;

    /** What a quorum must have before this leader knows who has most of the log. */
    private long firstIndex;

    private @Nullable Now triedAt;

    HandOver(RaftReplica replica) {
        this.replica = replica;
    }

    /** It has only just come to lead: it knows nothing yet of what the others have. */
    void onLeading(Now now) {
        firstIndex = replica.status(now).last().index();
    }

    void maybeBegin(Now now) {
        if (replica.room() == Room.ELSEWHERE
                && (triedAt == null || now.nanos() - triedAt.nanos() >= AGAIN_NANOS)
                && replica.status(now).commit() >= firstIndex) {
            triedAt = now;
            replica.step(now, new Input.TransferLeadership(0));
        }
    }

    /**
     * At somebody's wish.
     *
     * @param toNode the node whose replica is to lead; 0 for the best one
     */
    Outcome begin(Now now, long groupId, long toNode) {
        List<Member> voters = replica.membership().voters();
        long replicaId =
                voters.stream()
                        .filter(voter -> voter.nodeId() == toNode)
                        .mapToLong(Member::replicaId)
                        .findFirst()
                        .orElse(0);
        if (replicaId == replica.status(now).replicaId()) {
            return new Outcome.Ok();
        }
        if (toNode != 0 && replicaId == 0) {
            return new Outcome.Invalid(
                    "node " + toNode + " has no replica of group " + groupId + " that votes");
        }
        replica.step(now, new Input.TransferLeadership(replicaId));
        return replica.isTransferring()
                ? new Outcome.Ok()
                : new Outcome.Invalid(
                        toNode == 0
                                ? "no other replica of group " + groupId + " answers"
                                : "the replica of group %d on node %d does not answer"
                                        .formatted(groupId, toNode));
    }
}
