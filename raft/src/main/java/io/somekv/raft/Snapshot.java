package io.somekv.raft;

/**
 * What stands for the log up to {@code base} once the state machine has taken it in (Raft §7).
 *
 * @param base the last entry that it covers
 * @param logTime log time there, in milliseconds since 1970
 * @param membership the one that counts there
 */
public record Snapshot(EntryId base, long logTime, Membership membership) {}
