package io.somekv.protocol.session;

import io.somekv.base.Invariant;

/**
 * Where a client's deadlines come from: the last log time that a reply showed, moved on by the
 * client's own monotonic clock. The client's wall clock plays no part: groups judge by log time
 * alone (DESIGN §6).
 *
 * <p>Only who leads shows one: a follower's is that of its last entry, hours old perhaps. The
 * latest estimate stands, and an earlier one never replaces it. An estimate that has run on the
 * client's clock for too long is worth nothing: the next request is sent without a deadline and is
 * answered with a log time.
 */
public final class Deadlines {
    /** How long a request may be tried unless the caller says otherwise. */
    public static final long LIFETIME_DEFAULT_MILLIS = 60_000;

    /** Groups refuse a deadline further ahead of log time than this (DESIGN §6). */
    public static final long AHEAD_MAX_MILLIS = 5 * 60_000;

    private static final long ESTIMATE_AGE_MAX_MILLIS = 10 * 60_000;

    private final long lifetimeMillis;

    /** A log time and the client's clock when it was seen; 0 and 0 before the first. */
    private long logTime;

    private long seenAtMillis;

    /**
     * @param lifetimeMillis from a request's first sending to its deadline
     */
    public Deadlines(long lifetimeMillis) {
        Invariant.check(
                lifetimeMillis > 0 && lifetimeMillis <= AHEAD_MAX_MILLIS,
                "deadline is one that groups accept",
                lifetimeMillis,
                AHEAD_MAX_MILLIS);
        this.lifetimeMillis = lifetimeMillis;
    }

    public long lifetimeMillis() {
        return lifetimeMillis;
    }

    /**
     * Takes note of a log time.
     *
     * @param shown by a reply; 0 where no leader was reached
     * @param nowMillis the client's monotonic clock
     */
    public void observe(long shown, long nowMillis) {
        if (shown > 0 && (!isFresh(nowMillis) || shown > estimate(nowMillis))) {
            logTime = shown;
            seenAtMillis = nowMillis;
        }
    }

    /** A deadline for a request first sent now; 0 if no log time is known. */
    public long next(long nowMillis) {
        return isFresh(nowMillis) ? estimate(nowMillis) + lifetimeMillis : 0;
    }

    private boolean isFresh(long nowMillis) {
        return logTime > 0 && nowMillis - seenAtMillis <= ESTIMATE_AGE_MAX_MILLIS;
    }

    private long estimate(long nowMillis) {
        return logTime + (nowMillis - seenAtMillis);
    }
}
