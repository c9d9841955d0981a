package io.somekv.raft;

/**
 * What a replica is at present (Raft §5.1), with the fields that only this role has. Every message
 * that arrives here is of the replica's own term; a role that has no use for one drops it, for a
 * network may deliver anything late.
 */
sealed interface RoleState permits Follower, PreCandidate, Candidate, Leader {
    ReplicaStatus.Role role();

    /** Replica id of the leader of this term, as far as known; 0 for none. */
    long leaderId();

    /** When the next {@link #onTick} can matter. */
    long nextDeadlineNanos();

    void onTick();

    /** From the leader of this term, well-formed. */
    void onAppendEntries(Message.AppendEntries message);

    /** From the leader of this term. */
    void onInstallSnapshot(Message.InstallSnapshot message);

    /**
     * If the group is quiet, it is no more.
     *
     * @param missedNode that is not heard any more, or was started anew; 0 where there is something
     *     to do
     */
    default void wake(long missedNode) {}

    /** Whether no leader's heartbeats are waited for, or sent, but a rare one. */
    default boolean isQuiet() {
        return false;
    }

    /** From the leader of this term; the heartbeat that it is, too, was taken. */
    default void onQuiesce(Message.Quiesce message) {}

    /** From the leader of this term, which wants this replica in its place. */
    default void onTimeoutNow(Message.TimeoutNow message) {}

    /** Another replica is to lead. */
    default void onTransfer(Input.TransferLeadership transfer) {}

    /** From one who follows this replica's term. */
    default void onReadIndex(Message.ReadIndex message) {}

    /** From the leader of this term. */
    default void onReadIndexReply(Message.ReadIndexReply message) {}

    default void onPreVoteReply(Message.PreVoteReply message) {}

    default void onRequestVoteReply(Message.RequestVoteReply message) {}

    default void onAppendAccepted(Message.AppendAccepted message) {}

    default void onAppendRejected(Message.AppendRejected message) {}

    /** More of the log, or of term and vote, became durable. */
    default void onPersisted() {}

    default void onFetched(Input.Fetched fetched) {}

    /** Puts what collected since the last time into messages. */
    default void flush() {}

    /** Another role takes over. */
    default void onLeave() {}
}
