package io.somekv.storage.wal;

/** Hears how far the log is read while it is opened: a long one takes seconds. */
@FunctionalInterface
public interface OpeningProgress {
    OpeningProgress UNHEARD = (_, _) -> {};

    /**
     * Called before the first segment and after each.
     *
     * @param readBytes of {@code totalBytes}
     */
    void onRead(long readBytes, long totalBytes);
}
