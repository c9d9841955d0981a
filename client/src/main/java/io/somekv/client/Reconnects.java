package io.somekv.client;

/** When a node is tried again that cannot be spoken to. */
final class Reconnects {
    private static final long PAUSE_MILLIS = 200;

    /** A port of something else, which would log each attempt. */
    private static final long STRANGER_PAUSE_MILLIS = 2_000;

    /**
     * Where the cluster map led to: its addresses are those by which nodes reach each other, and
     * from where this client is they may lead nowhere.
     */
    private static final long MAPPED_PAUSE_MILLIS_MAX = 10_000;

    /** A node that starts anew is back by then, and no news. */
    private static final int NEWS_AFTER_TRIES = 7;

    private final boolean isGiven;

    /** Since the node was last heard. */
    private int vainTries;

    private long lostAtMillis;
    private long pauseMillis;

    /** The pause as long as no other node can be spoken to either. */
    private long aloneMillis;

    /**
     * @param isGiven whether the caller named the node; else the cluster map did
     */
    Reconnects(boolean isGiven) {
        this.isGiven = isGiven;
    }

    void onHeard() {
        vainTries = 0;
    }

    /**
     * One more try was in vain, or the connection is lost.
     *
     * @param isStranger whether what is there does not speak as a node of the cluster does
     */
    void onLost(long nowMillis, boolean isStranger) {
        lostAtMillis = nowMillis;
        aloneMillis = isStranger ? STRANGER_PAUSE_MILLIS : PAUSE_MILLIS;
        long longer = PAUSE_MILLIS << Math.min(vainTries, 16);
        pauseMillis =
                isGiven
                        ? aloneMillis
                        : Math.max(aloneMillis, Math.min(longer, MAPPED_PAUSE_MILLIS_MAX));
        vainTries++;
    }

    boolean mayTry(long nowMillis, boolean isAnyReached) {
        return nowMillis - lostAtMillis >= (isAnyReached ? pauseMillis : aloneMillis);
    }

    /** Whether a person should hear of it, which is so once: the caller cannot know the node. */
    boolean isNews() {
        return !isGiven && vainTries == NEWS_AFTER_TRIES;
    }
}
