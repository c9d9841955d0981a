package io.somekv.client;

/** How long to wait before a node is tried again that cannot be spoken to. */
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
     * One more try was in vain, or the connection is lost; returns how long to wait for the next.
     *
     * @param isStranger whether what is there does not speak as a node does
     */
    long onLost(boolean isStranger) {
        long pause = PAUSE_MILLIS;
        if (!isGiven) {
            pause = Math.min(PAUSE_MILLIS << Math.min(vainTries, 16), MAPPED_PAUSE_MILLIS_MAX);
        }
        vainTries++;
        return isStranger ? Math.max(pause, STRANGER_PAUSE_MILLIS) : pause;
    }

    /** Whether a person should hear of it, which is so once: the caller cannot know the node. */
    boolean isNews() {
        return !isGiven && vainTries == NEWS_AFTER_TRIES;
    }
}
