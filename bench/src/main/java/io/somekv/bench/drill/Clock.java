package io.somekv.bench.drill;

import java.util.Locale;

/** The time of a drill, and what is said with it. */
final class Clock {
    private final long startNanos = System.nanoTime();
    private final long startMillis = System.currentTimeMillis();

    /** Milliseconds since 1970, by a clock that never jumps. */
    long millis() {
        return startMillis + (System.nanoTime() - startNanos) / 1_000_000;
    }

    double seconds() {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    void say(String what) {
        System.out.printf(Locale.ROOT, "%8.2f s  %s%n", seconds(), what);
    }
}
