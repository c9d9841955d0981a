package io.somekv.base;

/** Bytes from a disk or a network that do not say what they should: bad input, never a bug here. */
public final class MalformedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedException(String message) {
        super(message);
    }
}
