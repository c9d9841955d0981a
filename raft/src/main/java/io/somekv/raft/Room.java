package io.somekv.raft;

/** Where a group's log may grow, by the disks of its voters. See {@link Input.NearlyFull}. */
public enum Room {
    /** The leader has room, and so has a quorum. */
    HERE,
    /** A quorum has room, and the leader has not: another should lead. */
    ELSEWHERE,
    /** No quorum has room: only what makes room should be appended. */
    NOWHERE
}
