package io.somekv.bench.drill;

import java.util.function.BooleanSupplier;

/**
 * Holds a load back so that every kill falls into the middle of it: the rows are cut into parts,
 * and the next part opens only when the drill is ready to kill again. A fast store would otherwise
 * be loaded before the second kill.
 */
final class Pace {
    private final int rows;
    private final int parts;
    private int open;
    private int taken;
    private int done;

    Pace(int rows, int parts) {
        this.rows = rows;
        this.parts = parts;
    }

    /** The next row to load, waiting until it may be loaded; -1 when there is none. */
    synchronized int take() {
        waitUntil(() -> taken < open || open >= rows);
        return taken < rows ? taken++ : -1;
    }

    /** A row that was taken is loaded. */
    synchronized void finish() {
        done++;
        notifyAll();
    }

    /** Lets everything up to the end of a part, from 0, be loaded. */
    synchronized void openPart(int part) {
        open = Math.max(open, endOf(part));
        notifyAll();
    }

    synchronized void awaitMiddleOfPart(int part) {
        int middle = (endOf(part - 1) + endOf(part)) / 2;
        waitUntil(() -> done >= middle);
    }

    synchronized void stopGating() {
        open = rows;
        notifyAll();
    }

    synchronized int done() {
        return done;
    }

    private int endOf(int part) {
        return (int) ((long) rows * (part + 1) / parts);
    }

    private synchronized void waitUntil(BooleanSupplier holds) {
        while (!holds.getAsBoolean()) {
            try {
                wait();
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a drill", e);
            }
        }
    }
}
