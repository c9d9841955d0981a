package io.somekv.bench.drill;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a drill must leave behind as it found it, closed in the reverse order, once: at the end of
 * the drill, or when the process is told to end before.
 */
final class Closer implements AutoCloseable {
    /** Something to be undone; it says itself what it could not undo. */
    interface Undo {
        void run();
    }

    private final Deque<Undo> undos = new ArrayDeque<>();
    private final Thread hook = Thread.ofPlatform().name("undo").unstarted(this::close);
    private boolean closed;

    Closer() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    synchronized void add(Undo undo) {
        if (closed) {
            undo.run();
        } else {
            undos.push(undo);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        while (!undos.isEmpty()) {
            undos.pop().run();
        }
    }
}
