package io.somekv.server.resp;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of the requests of all Redis clients of this node that are not answered: many connections
 * that each keep their own bound would fill the heap together (DESIGN §10). Thread-safe.
 */
final class OwedBytes {
    private final AtomicLong bytes = new AtomicLong();
    private final long max;

    OwedBytes(long max) {
        this.max = max;
    }

    /** A quarter of what the heap may grow to. */
    static OwedBytes ofHeap() {
        return new OwedBytes(Runtime.getRuntime().maxMemory() / 4);
    }

    void add(long more) {
        bytes.addAndGet(more);
    }

    boolean isFull() {
        return bytes.get() >= max;
    }
}
