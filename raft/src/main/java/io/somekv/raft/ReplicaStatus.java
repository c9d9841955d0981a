package io.somekv.raft;

/**
 * A look at a replica, for routing, `somekv cluster status`, and the simulator's invariants.
 *
 * @param leaderId replica id of the leader it follows, its own when it leads, 0 when it knows none
 * @param logTime what a leader would stamp now; elsewhere the log time of its last entry
 * @param heartbeatGapNanosMax the longest time between two things that it heard from one leader,
 *     within about the last minute and while the group was not quiet; 0 for none
 */
public record ReplicaStatus(
        long replicaId,
        Role role,
        long term,
        long leaderId,
        EntryId last,
        long commit,
        long applied,
        long logTime,
        long uncommittedBytes,
        long heartbeatGapNanosMax) {
    /** The roles of Raft §5.1, and the pre-candidate of thesis §9.6. */
    public enum Role {
        FOLLOWER,
        PRE_CANDIDATE,
        CANDIDATE,
        LEADER
    }
}
