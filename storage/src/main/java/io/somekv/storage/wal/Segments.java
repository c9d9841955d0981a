package io.somekv.storage.wal;

import io.somekv.base.ByteWriter;
import io.somekv.base.Mutation;
import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of the log. A segment is made under another name, complete with its header and synced,
 * and only then gets the name that recovery looks for: a file with that name is always whole.
 */
final class Segments implements Closeable {
    /** Files with this ending were never finished. */
    static final String NEW_SUFFIX = ".new";

    private static final String PREFIX = "segment-";
    private static final String PREPARED = "prepared" + NEW_SUFFIX;
    private static final String LARGE = "large" + NEW_SUFFIX;

    private final Disk disk;
    private final WalConfig config;

    /** Open files by segment number; readers use it while the writing thread adds to it. */
    private final ConcurrentSkipListMap<Long, DiskFile> files = new ConcurrentSkipListMap<>();

    /** Guards {@link #prepared} and, as long as a file has it, its name. */
    private final Object preparing = new Object();

    private @Nullable DiskFile prepared;

    Segments(Disk disk, WalConfig config) {
        this.disk = disk;
        this.config = config;
    }

    static void syncDirectory(Disk disk, WalConfig config) throws IOException {
        if (!config.has(Mutation.NO_DIRECTORY_SYNC)) {
            disk.syncDirectory();
        }
    }

    static String name(long number) {
        return String.format(Locale.ROOT, PREFIX + "%010d", number);
    }

    /** The number in a segment's name; -1 where it is none. */
    static long number(String name) {
        try {
            return Long.parseLong(name.substring(PREFIX.length()));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** The names of the segments that the folder holds, in their order. */
    static List<String> names(Disk disk) throws IOException {
        List<String> names = new ArrayList<>();
        for (String name : disk.list()) {
            if (name.startsWith(PREFIX) && !name.endsWith(NEW_SUFFIX)) {
                names.add(name);
            }
        }
        return names;
    }

    /** Drops what was not finished when the process ended. */
    void deleteUnfinished() throws IOException {
        boolean any = false;
        for (String name : disk.list()) {
            if (name.endsWith(NEW_SUFFIX)) {
                disk.delete(name);
                any = true;
            }
        }
        if (any) {
            syncDirectory(disk, config);
        }
    }

    /**
     * Drops the segments before {@code first}, which the log needs no more: that is durable
     * already. Nobody reads in them any more.
     */
    void deleteBefore(long first) throws IOException {
        boolean any = false;
        for (String name : names(disk)) {
            long number = number(name);
            if (number >= 0 && number < first) {
                DiskFile file = files.remove(number);
                if (file != null) {
                    file.close();
                }
                disk.delete(name);
                any = true;
            }
        }
        if (any) {
            syncDirectory(disk, config);
        }
    }

    /** Bytes in all segments in use. */
    long size() throws IOException {
        long size = 0;
        for (DiskFile file : files.values()) {
            size += file.size();
        }
        return size;
    }

    void add(long number, DiskFile file) {
        files.put(number, file);
    }

    /** The file of a segment that the log has spoken of. */
    DiskFile file(long number) throws IOException {
        DiskFile file = files.get(number);
        if (file == null) {
            throw new IOException(disk.path(name(number)) + " is not open");
        }
        return file;
    }

    String path(long position) {
        return disk.path(name(Position.segment(position)));
    }

    /** Writes the zeros of the next segment now, unless that was done. */
    void prepare() throws IOException {
        synchronized (preparing) {
            if (prepared == null) {
                prepared = disk.create(PREPARED, config.segmentSize());
            }
        }
    }

    /** Makes the next segment, with room for {@code frameSize} bytes behind its header. */
    DiskFile start(long number, ByteWriter header, long frameSize) throws IOException {
        long size = header.size() + frameSize;
        DiskFile file =
                size > config.segmentSize()
                        ? named(number, LARGE, disk.create(LARGE, size), header)
                        : startPrepared(number, header);
        syncDirectory(disk, config);
        files.put(number, file);
        return file;
    }

    /** Who prepares the next one meanwhile waits until the name is free again. */
    private DiskFile startPrepared(long number, ByteWriter header) throws IOException {
        synchronized (preparing) {
            prepare();
            DiskFile file = Objects.requireNonNull(prepared);
            prepared = null;
            return named(number, PREPARED, file, header);
        }
    }

    /** Gives a file its header, then the name that recovery looks for. */
    private DiskFile named(long number, String before, DiskFile file, ByteWriter header)
            throws IOException {
        file.write(0, header.view());
        file.sync();
        disk.rename(before, name(number));
        return file;
    }

    @Override
    public void close() throws IOException {
        for (DiskFile file : files.values()) {
            file.close();
        }
        synchronized (preparing) {
            if (prepared != null) {
                prepared.close();
            }
        }
    }
}
