package io.somekv.raft;

/**
 * What became of an {@link Input.Propose} or {@link Input.ChangeMembership} when it was made;
 * whether it commits shows later.
 */
public sealed interface ProposalResult {
    long token();

    /** Appended as {@code id}. If another entry is ever applied at that index, this one is void. */
    record Appended(long token, EntryId id) implements ProposalResult {}

    /**
     * @param leaderHint replica id of the leader this replica follows; 0 when it knows none
     */
    record NotLeader(long token, long leaderHint) implements ProposalResult {}

    /** The uncommitted log is full: nothing was appended; try again a little later. */
    record Busy(long token) implements ProposalResult {}

    /**
     * The members stay as they are.
     *
     * @param reason for a person
     */
    record Refused(long token, String reason) implements ProposalResult {}
}
