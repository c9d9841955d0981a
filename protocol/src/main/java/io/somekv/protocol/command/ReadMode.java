package io.somekv.protocol.command;

import io.somekv.base.Invariant;

/**
 * Who may answer a read, and how old what it answers may be. Of no effect on writes.
 *
 * @param isLocal a replica on the node that is asked may answer, whether it leads or not
 * @param ageMillisMax how long ago what is answered may have been the newest; 0 for a linearizable
 *     read, {@link #ANY_AGE} for whatever the replica has
 */
public record ReadMode(boolean isLocal, long ageMillisMax) {
    /** Without any bound, even of a replica that has been cut off for days. */
    public static final long ANY_AGE = Long.MAX_VALUE;

    /** Linearizable, answered by the leader. */
    public static final ReadMode LEADER = new ReadMode(false, 0);

    /** Linearizable, answered by the replica at hand where there is one. */
    public static final ReadMode LOCAL = new ReadMode(true, 0);

    public ReadMode {
        Invariant.check(ageMillisMax >= 0, "no read sees the future");
        Invariant.check(isLocal || ageMillisMax == 0, "a leader's answer is never old");
    }

    /** What the replica at hand has, if it is no older; in milliseconds, or {@link #ANY_AGE}. */
    public static ReadMode stale(long ageMillisMax) {
        return new ReadMode(true, ageMillisMax);
    }
}
