package io.somekv.protocol.resp;

/**
 * A stream that is not RESP, or past a limit. The message is the text of the error to answer with,
 * in the words of Redis; the connection is closed after it, for the stream has lost its place.
 */
public final class RespProtocolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RespProtocolException(String message) {
        super(message);
    }
}
