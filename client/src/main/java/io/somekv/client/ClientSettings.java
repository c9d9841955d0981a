package io.somekv.client;

import io.somekv.protocol.session.Deadlines;

/**
 * How patient a client is, and how much it keeps outstanding.
 *
 * @param lifetimeMillis from asking to giving up; also how far ahead deadlines are
 * @param reachMillis how long a request waits for any node at all to be reached
 * @param attemptMillis how long one copy of a request may stay unanswered before the next is sent;
 *     half as long where it was sent to the leader itself
 * @param backoffMinMillis pause before the second copy; doubles from copy to copy
 * @param backoffMaxMillis longest pause
 * @param window how many writes are outstanding at most; no larger than the groups' window
 * @param queueMax requests known to the client at most; more are answered Busy
 */
public record ClientSettings(
        long lifetimeMillis,
        long reachMillis,
        long attemptMillis,
        long backoffMinMillis,
        long backoffMaxMillis,
        int window,
        int queueMax) {
    public static ClientSettings defaults() {
        return new ClientSettings(
                Deadlines.LIFETIME_DEFAULT_MILLIS, 2_000, 2_000, 5, 500, 4_096, 1 << 16);
    }

    /** The same, but for how long a request is tried. */
    public ClientSettings withLifetimeMillis(long millis) {
        return new ClientSettings(
                millis,
                reachMillis,
                attemptMillis,
                backoffMinMillis,
                backoffMaxMillis,
                window,
                queueMax);
    }
}
