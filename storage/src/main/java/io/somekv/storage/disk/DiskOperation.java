package io.somekv.storage.disk;

/** What a {@link MemoryDisk} can be told to fail at. */
public enum DiskOperation {
    CREATE,
    OPEN,
    READ,
    WRITE,
    SYNC,
    RENAME,
    DELETE,
    LIST,
    SYNC_DIRECTORY;

    /** Whether it changes what a power cut would leave behind. */
    boolean changes() {
        return switch (this) {
            case CREATE, WRITE, SYNC, RENAME, DELETE, SYNC_DIRECTORY -> true;
            case OPEN, READ, LIST -> false;
        };
    }
}
