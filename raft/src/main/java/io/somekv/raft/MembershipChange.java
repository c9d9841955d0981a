package io.somekv.raft;

import java.util.UUID;

/**
 * What may be asked of a leader about the members of its group (thesis §4). Promotion is not among
 * it: a learner that has the log becomes a voter by itself.
 */
public sealed interface MembershipChange {
    /**
     * One more replica; it listens until it has the log, then it votes.
     *
     * @param storeId identity of the disk that it will be created on
     * @param replaces the voter that leaves in the same step; 0 for none
     */
    record Add(long nodeId, UUID storeId, long replaces) implements MembershipChange {}

    /** One less, whatever it is; the leader itself may be asked to go. */
    record Remove(long replicaId) implements MembershipChange {}
}
