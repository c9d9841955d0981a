package io.somekv.server.folder;

import org.jspecify.annotations.Nullable;

/**
 * Something that a person has to put right before the program can go on. The message says what is
 * wrong and what to do; there is nothing a stack trace would add.
 */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
        super(message);
    }

    public RefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
