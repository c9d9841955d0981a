package io.somekv.sim.check;

/**
 * How far log time may be from true time when a command is executed.
 *
 * @param aheadMillisMax bound on its lead: a leader ahead of its quorum's lower median does not
 *     stamp, so that this holds as long as no quorum has more wrong clocks than right ones
 * @param behindMillisMax bound on its lag, where all clocks are right; a slow clock may lead and
 *     hold log time back for as long as it does, so that there is none then
 */
public record LogTimeBounds(long aheadMillisMax, long behindMillisMax) {
    private static final long AHEAD = 1_000;
    private static final long BEHIND = 500;
    private static final long ANY = Long.MAX_VALUE / 4;

    public static final LogTimeBounds CLOCKS_RIGHT = new LogTimeBounds(AHEAD, BEHIND);
    public static final LogTimeBounds CLOCKS_WRONG = new LogTimeBounds(AHEAD, ANY);

    /**
     * Two of five are wrong, and a cut leaves them with one that is right: nobody in that quorum
     * can tell which clocks are the wrong ones.
     */
    public static final LogTimeBounds CLOCKS_OF_A_QUORUM_WRONG = new LogTimeBounds(ANY, ANY);

    /** The earliest log time at which an operation can have been executed. */
    long earliest(Operation operation) {
        return operation.calledMillis() - behindMillisMax;
    }

    /** The latest log time at which an operation can have been executed. */
    long latest(Operation operation) {
        return operation.known() ? operation.returnedMillis() + aheadMillisMax : ANY;
    }
}
