package io.somekv.storage.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file of a {@link Disk}. One thread at a time writes and syncs; any thread may read
 * meanwhile, what is being written excepted.
 */
public interface DiskFile extends Closeable {
    long size() throws IOException;

    /**
     * Writes what remains of {@code bytes} at {@code offset}, all of it, within the file's size.
     */
    void write(long offset, ByteBuffer bytes) throws IOException;

    /**
     * Exactly {@code size} bytes from {@code offset}.
     *
     * @throws java.io.EOFException when the file ends before
     */
    byte[] read(long offset, int size) throws IOException;

    /** Makes what was written survive a power cut. A sync that threw must not be tried again. */
    void sync() throws IOException;
}
