package io.somekv.storage.rocks;

/** The storage engine cannot go on: a full or failing disk, or damage. The node stops. */
public final class EngineFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EngineFailure(String doing, Throwable cause) {
        super("the storage engine failed to " + doing + ": " + cause.getMessage(), cause);
    }
}
