package io.somekv.bench.drill;

import java.util.ArrayList;
import java.util.List;

/** What a drill found that must not be; said when it happens, and again at the end. */
final class Findings {
    private final List<String> all = new ArrayList<>();
    private final Clock clock;

    Findings(Clock clock) {
        this.clock = clock;
    }

    synchronized void add(String what) {
        all.add(what);
        clock.say("FOUND: " + what);
    }

    synchronized List<String> all() {
        return List.copyOf(all);
    }
}
