package io.somekv.sim.search;

import java.util.List;

/**
 * A small system whose every step is one event that a {@link StateSearch} chooses. It is the same
 * each time it is made, and the same events bring it to the same state.
 */
interface SearchedSystem {
    /**
     * Everything that can happen now, each once. An event is told by what it is and not by where it
     * stands, so that the same event is the same in other orders.
     */
    List<String> enabled();

    /** Lets it happen. */
    void happen(String event);

    /** Throws where something is wrong in this state. */
    void check();

    /** Two states with the same digest are taken for one. */
    String digest();

    /** Whether everything that was to be reached is. */
    boolean isDone();
}
