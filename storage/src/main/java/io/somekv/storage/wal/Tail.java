package io.somekv.storage.wal;

import io.somekv.storage.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The end of the last segment, as it was found. */
final class Tail {
    private final DiskFile file;
    private final byte[] segment;

    /** What stands before was durable when what follows was written. */
    private final int sealed;

    /** The torn tail, or nothing but zeros, begins here. */
    private final int cut;

    Tail(DiskFile file, byte[] segment, int sealed, int cut) {
        this.file = file;
        this.segment = segment;
        this.sealed = sealed;
        this.cut = cut;
    }

    /** How far there is anything but zeros behind the cut. */
    int tornBytes() {
        int end = segment.length;
        while (end > cut && segment[end - 1] == 0) {
            end--;
        }
        return end - cut;
    }

    /**
     * Overwrites the torn tail with zeros, and writes again what nothing has vouched for.
     *
     * <p>Why again: the bytes were read, so they are in the page cache, but the process before may
     * have ended between write and sync, or on a sync that failed, after which the kernel takes the
     * pages for clean and a sync of them does nothing (KB-16). Recovered means durable.
     */
    void settle() throws IOException {
        int end = cut + tornBytes();
        Arrays.fill(segment, cut, end, (byte) 0);
        if (sealed < end) {
            file.write(sealed, ByteBuffer.wrap(segment, sealed, end - sealed));
            file.sync();
        }
    }
}
