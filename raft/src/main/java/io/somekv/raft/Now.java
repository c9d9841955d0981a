package io.somekv.raft;

/**
 * Time, as an input. The monotonic clock drives timeouts and log time within a term; the wall clock
 * only founds a term's log time, after a quorum has vouched for it.
 *
 * @param nanos of a clock that never goes back within a process; its zero means nothing
 * @param wallMillis since 1970, of this machine's wall clock: may jump, may be wrong
 */
public record Now(long nanos, long wallMillis) {}
