package io.somekv.protocol.resp;

/**
 * A request that is larger than it may be. It was read to its end and dropped on the way, so that
 * the connection goes on behind it.
 */
public final class RespTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RespTooLargeException(String message) {
        super(message);
    }
}
