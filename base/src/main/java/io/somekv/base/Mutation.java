package io.somekv.base;

/**
 * Bugs that real systems had, kept behind switches so that the simulator can show that it finds
 * them (the mutant table in docs/MUTANTS.md). No production path sets one: they reach the code only
 * through configurations that tests and {@code somekv sim --mutant} build.
 */
public enum Mutation {
    /** KB-1: a leader commits an entry of an older term by counting replicas. */
    COMMIT_OLD_TERM,
    /** KB-2: members change before an entry of the leader's own term is committed. */
    CHANGE_BEFORE_OWN_TERM,
    /** KB-4: a joint membership is left before it is committed. */
    JOINT_LEFT_UNCOMMITTED,
    /** KB-10: votes are counted as messages, not as voters, and stale replies count too. */
    COUNT_MESSAGES_AS_VOTES,
    /** KB-14: a vote leaves before it is durable. */
    VOTE_BEFORE_DURABLE,
    /** KB-15: an append is acknowledged before it is durable. */
    ACKNOWLEDGE_BEFORE_DURABLE,
    /** KB-16: a sync that failed is tried again, then reported as a success. */
    RETRY_FAILED_SYNC,
    /** KB-17: a directory is not synced after a file was created in it. */
    NO_DIRECTORY_SYNC,
    /** KB-19: a bad frame in the middle of the log is cut off like a torn tail. */
    CUT_CORRUPTION,
    /** KB-21: a storage acknowledgement from before a truncation counts. */
    LATE_STORAGE_ACKNOWLEDGEMENT,
    /** KB-25: after a restart the commit index is taken for the applied index. */
    COMMIT_TAKEN_FOR_APPLIED,
    /** KB-26: the applied index is not written with the data it speaks of. */
    APPLIED_NOT_ATOMIC,
    /** KB-27: a snapshot takes the place of a log that has committed more. */
    OLDER_SNAPSHOT_INSTALLED,
    /** KB-29: the membership of before is kept when a snapshot is taken in. */
    SNAPSHOT_WITHOUT_MEMBERSHIP,
    /** KB-31: a read is served before the leader has committed in its own term. */
    READ_BEFORE_OWN_TERM,
    /** KB-32: a read joins a confirmation round that began before it arrived. */
    READ_JOINS_RUNNING_ROUND,
    /** KB-33: a lease lasts as if all clocks ran at one rate. */
    LEASE_WITHOUT_DRIFT,
    /** KB-34: who has asked another to campaign reads by its lease all the same. */
    LEASE_KEPT_ON_TRANSFER,
    /** KB-41: who joins is called what one was called that is gone. */
    REPLICA_ID_REUSED,
    /** KB-46: a forwarding node retries under a new request id. */
    RETRY_UNDER_NEW_ID,
    /** Every copy of a call between nodes counts: see docs/decisions/0003. */
    CALL_COUNTED_TWICE,
    /** KB-42: the source drops a shard's rows when the ownership flips back to it. */
    DROPPED_WHEN_UNFROZEN,
    /** KB-47: an acknowledgement frees the fence with the result. */
    ACKNOWLEDGEMENT_FREES_FENCE,
    /** KB-38: a shard moves without its part of the duplicate table. */
    RECORDS_LEFT_BEHIND,
    /** KB-39: what was executed is forgotten before the deadline of its last copy. */
    RECORD_EXPIRES_EARLY,
    /** KB-48: a shard that comes back is put where its rows of before were. */
    OLD_GENERATION_REUSED,
    /** KB-49: a target owns what it has prepared although the source's freeze is over. */
    OWNED_AFTER_UNFREEZE,
    /** KB-51: a read judges expiry by the last entry, however long ago that was. */
    IDLE_GROUP_KEEPS_KEYS,
    /** KB-54: a node's own client ids come again, as if they were kept on a disk and restored. */
    FORWARDER_ID_REUSED,
    /** The source hands over under a freeze that is void: see docs/decisions/0011. */
    VOID_FREEZE_HANDED_OVER,
    /** That a key was deleted while its shard was copied is lost: see docs/decisions/0011. */
    DELETIONS_NOT_COPIED,
    /** A source drops a shard's rows when it hands over: see docs/decisions/0011. */
    RELEASED_BEFORE_OWNED,
    /** A target that is prepared promises not to own: see docs/decisions/0011. */
    PROMISED_WHILE_PREPARED,
    /** A shard is promised for a config before one it was promised for: docs/decisions/0011. */
    PROMISED_BACKWARDS,
    /** What changes before the source has released is not kept: see docs/decisions/0011. */
    ORIGINALS_NOT_KEPT,
    /** A group goes quiet although a member lacks entries: see docs/decisions/0007. */
    QUIET_WITHOUT_WHOLE_LOG,
    /** A quiet group stays quiet when a node is missed: see docs/decisions/0007. */
    QUIET_NOT_WOKEN
}
