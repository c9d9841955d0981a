package io.somekv.bench.drill;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What clients were told about the writes of one drill, by key number. Each key has one writer, and
 * its value is a version that only grows, so two numbers a key say everything: a read must show at
 * least what was acknowledged, and nothing newer than what was ever sent.
 */
final class Outcomes {
    private final AtomicLongArray acknowledged;
    private final AtomicLongArray sent;
    private final AtomicLong acknowledgements = new AtomicLong();
    private final AtomicLong unknowns = new AtomicLong();
    private final AtomicLong longestPauseNanos = new AtomicLong();

    Outcomes(int keys) {
        acknowledged = new AtomicLongArray(keys);
        sent = new AtomicLongArray(keys);
    }

    int keys() {
        return sent.length();
    }

    /** The version to send next for a key; its writer only. */
    long send(int key) {
        return sent.incrementAndGet(key);
    }

    /**
     * @param pauseNanos between two acknowledgements that this client has seen
     */
    void acknowledge(int key, long version, long pauseNanos) {
        acknowledged.set(key, version);
        acknowledgements.incrementAndGet();
        longestPauseNanos.accumulateAndGet(pauseNanos, Math::max);
    }

    /** The connection broke, or the answer was an error: it may have happened, now or later. */
    void unknown() {
        unknowns.incrementAndGet();
    }

    long acknowledged(int key) {
        return acknowledged.get(key);
    }

    long acknowledgements() {
        return acknowledgements.get();
    }

    long unknowns() {
        return unknowns.get();
    }

    long longestPauseMillis() {
        return longestPauseNanos.get() / 1_000_000;
    }

    /**
     * Whether a read of {@code version} (0 for a missing key) is what the clients were promised.
     */
    boolean explains(int key, long version) {
        return version >= acknowledged.get(key) && version <= sent.get(key);
    }
}
