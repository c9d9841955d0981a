package io.somekv.raft;

/**
 * The latest index that was known to be current, and the moment for which that holds: what reads go
 * by that may see an older state. Measured on this replica's own clock from before the leader was
 * asked, so that no clock of another replica matters.
 */
final class Freshness {
    private boolean isKnown;
    private long index;
    private long sinceNanos;

    /**
     * @param currentIndex of all that was acknowledged before {@code atNanos} nothing is behind it
     */
    void confirm(long currentIndex, long atNanos) {
        if (!isKnown || atNanos - sinceNanos > 0) {
            isKnown = true;
            index = currentIndex;
            sinceNanos = atNanos;
        }
    }

    long index() {
        return index;
    }

    /** Whether the state at {@link #index} is no older; any state is young enough for MAX_VALUE. */
    boolean isWithin(long ageNanosMax, long nowNanos) {
        return ageNanosMax == Long.MAX_VALUE
                || (ageNanosMax > 0 && isKnown && nowNanos - sinceNanos <= ageNanosMax);
    }
}
