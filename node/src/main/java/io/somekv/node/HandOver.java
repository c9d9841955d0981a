package io.somekv.node;

import io.somekv.raft.Input;
import io.somekv.raft.Now;
import io.somekv.raft.RaftReplica;
import io.somekv.raft.Room;
import org.jspecify.annotations.Nullable;

/**
 * Hands a group over whose leader's disk is nearly full, while a quorum of others has room
 * (docs/decisions/0009-a-full-disk.md): at once, for what grows waits until another leads.
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
}
