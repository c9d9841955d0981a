package io.somekv.raft;

/** Why a leader ceased to lead: what an operator wants to know when leaders change. */
public enum StepDownCause {
    /** A message of a newer term: somebody else was or may be elected. */
    NEWER_TERM,
    /** No quorum answered within the election timeout (check-quorum, thesis §6.2). */
    QUORUM_LOST,
    /**
     * Its own log did not become durable in time, and a peer's did (DESIGN §3, rule 5): see {@link
     * DiskWatch}.
     */
    DISK_STALLED,
    /** Its quorum does not vouch for its clock (DESIGN §3, log time): see {@link LeaderClock}. */
    CLOCK_AHEAD,
    /** It was removed from its group, and has led until that was committed (Raft §6). */
    REMOVED
}
