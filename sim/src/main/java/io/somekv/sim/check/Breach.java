package io.somekv.sim.check;

/** Something that must never happen has happened: the run has failed. */
public final class Breach extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Breach(String what) {
        super(what);
    }
}
