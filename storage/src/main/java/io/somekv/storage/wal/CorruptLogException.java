package io.somekv.storage.wal;

import java.io.IOException;

/**
 * Bytes that were durable once are not what they were: rot, a lost write, or somebody's hand. Never
 * thrown for what a power cut leaves behind.
 */
public final class CorruptLogException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;

    CorruptLogException(String file, long offset, String what) {
        super(file + " is corrupt at byte " + offset + ": " + what);
        this.file = file;
        this.offset = offset;
    }

    public String file() {
        return file;
    }

    /** Where the first bytes stand that are not right. */
    public long offset() {
        return offset;
    }
}
