package io.somekv.storage.disk;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * One flat folder, with the few operations that a write-ahead log needs and the guarantees that it
 * may count on, which are few as well:
 *
 * <ul>
 *   <li>what was written to a file survives a power cut once {@link DiskFile#sync} returned; before
 *       that, any of its 512-byte sectors may survive and any may not;
 *   <li>that a name came, went or changed survives once {@link #syncDirectory} returned; before
 *       that, any of these changes may survive and any may not;
 *   <li>after an operation threw, nothing is known about what it was to do.
 * </ul>
 */
public interface Disk {
    /**
     * A new file of {@code size} zero bytes that are written, not a hole, and synced: later writes
     * within it change no metadata, so that a sync of them is one write to the device. The name
     * itself is not durable before {@link #syncDirectory}.
     */
    DiskFile create(String name, long size) throws IOException;

    DiskFile open(String name) throws IOException;

    /** Gives a file a new name, in place of the file that has it, if one does. */
    void rename(String from, String to) throws IOException;

    void delete(String name) throws IOException;

    /** The names of all files, ascending. */
    List<String> list() throws IOException;

    void syncDirectory() throws IOException;

    /**
     * Keeps everybody else out until closed; the end of the process lets go of it too.
     *
     * @throws IOException when somebody else holds the folder; the message says so
     */
    Closeable lock() throws IOException;

    /** How messages to people name a file. */
    String path(String name);
}
