package io.somekv.raft;

/** The answer to an {@link Input.Read}. */
public sealed interface ReadResult {
    long token();

    /** May be read once everything up to {@code index} has been applied. */
    record Confirmed(long token, long index) implements ReadResult {}

    /** Neither leader nor follower of one, or no longer: ask the leader. */
    record NotLeader(long token, long leaderHint) implements ReadResult {}
}
