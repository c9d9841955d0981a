package io.somekv.bench.drill;

import java.util.ArrayList;
import java.util.List;

/** What a drill found that must not be; said when it happens, and again at the end. */
final class Findings {
    private final List<String> all = new ArrayList<>();
    private final Clock clock;
    private boolean closed;

    Findings(Clock clock) {
        this.clock = clock;
    }

    /** The time by which they are said. */
    Clock clock() {
        return clock;
    }

    synchronized void add(String what) {
        if (!closed) {
            all.add(what);
            clock.say("FOUND: " + what);
        }
    }

    /** From now on nothing is a finding: the drill itself is ending what it looks at. */
    synchronized void close() {
        closed = true;
    }

    synchronized List<String> all() {
        return List.copyOf(all);
    }
}
