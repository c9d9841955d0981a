package io.somekv.storage.disk;

import io.somekv.base.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A disk that keeps written bytes in this process until they are synced, so that {@code kill -9}
 * loses what a power cut would lose. The kernel's page cache outlives a killed process: without
 * this, a store that never syncs passes every test that kills it. Names change at once; that
 * unsynced names are lost is shown on {@link MemoryDisk}.
 *
 * <p>For tests only, as is the switch that takes the sync out of it: a test that passes then proves
 * nothing.
 */
public final class UnsyncedDisk implements Disk {
    private final Disk disk;
    private final Predicate<String> syncTakenOut;

    public UnsyncedDisk(Disk disk) {
        this(disk, name -> false);
    }

    /**
     * @param syncTakenOut says of a file, by the name it has at that moment, whether its syncs do
     *     nothing at all
     */
    public UnsyncedDisk(Disk disk, Predicate<String> syncTakenOut) {
        this.disk = disk;
        this.syncTakenOut = syncTakenOut;
    }

    /** Open files, so that a rename reaches them. */
    private final List<HeldFile> opened = new ArrayList<>();

    @Override
    public DiskFile create(String name, long size) throws IOException {
        return held(name, disk.create(name, size));
    }

    @Override
    public DiskFile open(String name) throws IOException {
        return held(name, disk.open(name));
    }

    private DiskFile held(String name, DiskFile file) {
        HeldFile held = new HeldFile(name, file);
        synchronized (opened) {
            opened.add(held);
        }
        return held;
    }

    @Override
    public void rename(String from, String to) throws IOException {
        disk.rename(from, to);
        synchronized (opened) {
            for (HeldFile file : opened) {
                if (file.name.equals(from)) {
                    file.name = to;
                }
            }
        }
    }

    @Override
    public void delete(String name) throws IOException {
        disk.delete(name);
    }

    @Override
    public List<String> list() throws IOException {
        return disk.list();
    }

    @Override
    public void syncDirectory() throws IOException {
        disk.syncDirectory();
    }

    @Override
    public Closeable lock() throws IOException {
        return disk.lock();
    }

    @Override
    public String path(String name) {
        return disk.path(name);
    }

    private record HeldWrite(long offset, Bytes bytes) {
        long end() {
            return offset + bytes.size();
        }
    }

    private final class HeldFile implements DiskFile {
        private volatile String name;
        private final DiskFile file;

        /** Written and not synced, oldest first. */
        private final List<HeldWrite> writes = new ArrayList<>();

        HeldFile(String name, DiskFile file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public synchronized void write(long offset, ByteBuffer bytes) throws IOException {
            if (offset + bytes.remaining() > file.size()) {
                throw new IOException("a write behind the end of " + disk.path(name));
            }
            writes.add(new HeldWrite(offset, Bytes.copyOf(bytes)));
        }

        @Override
        public synchronized byte[] read(long offset, int size) throws IOException {
            byte[] bytes = file.read(offset, size);
            for (HeldWrite write : writes) {
                long from = Math.max(offset, write.offset);
                long to = Math.min(offset + size, write.end());
                if (from < to) {
                    write.bytes
                            .slice((int) (from - write.offset), (int) (to - from))
                            .copyTo(bytes, (int) (from - offset));
                }
            }
            return bytes;
        }

        @Override
        public synchronized void sync() throws IOException {
            if (syncTakenOut.test(name)) {
                return;
            }
            for (HeldWrite write : writes) {
                file.write(write.offset, write.bytes.asByteBuffer());
            }
            file.sync();
            writes.clear();
        }

        @Override
        public void close() throws IOException {
            synchronized (opened) {
                opened.remove(this);
            }
            file.close();
        }
    }
}
