package io.somekv.storage.disk;

import io.somekv.base.Invariant;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that does its worst within what {@link Disk} promises: a power cut ({@link
 * #crash}) leaves any subset of unsynced sectors and of unsynced names, a sync that failed is
 * forgotten by the next one, and operations fail where they are told to. It takes no time; how long
 * an operation should have taken is the simulator's business.
 */
public final class MemoryDisk implements Disk {
    /** A change of names that a power cut may undo: a name goes, a name comes, or both. */
    private record NameChange(
            @Nullable String gone, @Nullable String come, @Nullable MemoryFile file) {
        void apply(Map<String, MemoryFile> names) {
            if (gone != null) {
                names.remove(gone);
            }
            if (come != null && file != null) {
                names.put(come, file);
            }
        }
    }

    private final TreeMap<String, MemoryFile> names = new TreeMap<>();
    private final TreeMap<String, MemoryFile> durableNames = new TreeMap<>();
    private final List<NameChange> unsyncedChanges = new ArrayList<>();

    /** Operations of a kind until one of them fails; absent for never. */
    private final EnumMap<DiskOperation, Integer> untilFailure = new EnumMap<>(DiskOperation.class);

    /** Changing operations until the power goes; none counts when negative. */
    private long untilPowerCut = -1;

    private long capacity = Long.MAX_VALUE;

    /** Counts crashes: files and locks from before one are dead. */
    private int life;

    private boolean locked;

    /** Lets the {@code nth} operation of this kind from now on, 1 for the next, throw once. */
    public synchronized void fail(DiskOperation operation, int nth) {
        untilFailure.put(operation, nth);
    }

    /** Lets every operation throw after this many more that change something, until a crash. */
    public synchronized void cutPowerAfter(long changes) {
        untilPowerCut = changes;
    }

    /** The bytes that all files together may take. */
    public synchronized void capacity(long bytes) {
        capacity = bytes;
    }

    /** Takes back what {@link #fail} and {@link #cutPowerAfter} were told. */
    public synchronized void forgive() {
        untilFailure.clear();
        untilPowerCut = -1;
    }

    /** The power goes and comes back: what was not synced is left to chance. */
    public synchronized void crash(RandomGenerator random) {
        for (NameChange change : unsyncedChanges) {
            if (random.nextBoolean()) {
                change.apply(durableNames);
            }
        }
        names.clear();
        names.putAll(durableNames);
        names.values().forEach(file -> file.crash(random));
        restart();
        unsyncedChanges.clear();
    }

    /** The process goes and comes back; the kernel, and what was not synced, stays. */
    public synchronized void restart() {
        forgive();
        locked = false;
        life++;
    }

    /** Changes a byte behind everybody's back, as rot does. */
    public synchronized void rot(String name, long offset, int xor) throws IOException {
        file(name).rot(offset, xor);
    }

    /** Another disk with the same contents, unlocked. */
    public synchronized MemoryDisk copy() {
        MemoryDisk copy = new MemoryDisk();
        IdentityHashMap<MemoryFile, MemoryFile> copies = new IdentityHashMap<>();
        names.forEach((name, file) ->
                copy.names.put(name, copies.computeIfAbsent(file, MemoryFile::copy)));
        durableNames.forEach((name, file) ->
                copy.durableNames.put(name, copies.computeIfAbsent(file, MemoryFile::copy)));
        for (NameChange change : unsyncedChanges) {
            MemoryFile file =
                    change.file == null
                            ? null
                            : copies.computeIfAbsent(change.file, MemoryFile::copy);
            copy.unsyncedChanges.add(new NameChange(change.gone, change.come, file));
        }
        return copy;
    }

    @Override
    public synchronized DiskFile create(String name, long size) throws IOException {
        Invariant.check(!names.containsKey(name), "a file is created once");
        long used = 0;
        for (MemoryFile file : names.values()) {
            used += file.size();
        }
        boolean full = size > capacity - used;
        boolean fails = failsNow(DiskOperation.CREATE);
        // An operation that fails has done half its work.
        MemoryFile file = new MemoryFile((int) (full || fails ? size / 2 : size));
        if (!full || capacity > used) {
            change(new NameChange(null, name, file));
        }
        if (full) {
            throw new IOException("no space left on " + path(name));
        }
        if (fails) {
            throw failure(DiskOperation.CREATE, name);
        }
        return new Handle(name, file);
    }

    @Override
    public synchronized DiskFile open(String name) throws IOException {
        check(DiskOperation.OPEN, name);
        return new Handle(name, file(name));
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        check(DiskOperation.RENAME, from);
        change(new NameChange(from, to, file(from)));
    }

    @Override
    public synchronized void delete(String name) throws IOException {
        check(DiskOperation.DELETE, name);
        MemoryFile file = file(name);
        change(new NameChange(name, null, file));
    }

    @Override
    public synchronized List<String> list() throws IOException {
        check(DiskOperation.LIST, "");
        return List.copyOf(names.keySet());
    }

    @Override
    public synchronized void syncDirectory() throws IOException {
        check(DiskOperation.SYNC_DIRECTORY, "");
        durableNames.clear();
        durableNames.putAll(names);
        unsyncedChanges.clear();
    }

    @Override
    public synchronized Closeable lock() throws IOException {
        if (locked) {
            throw new IOException("the folder " + path("") + " is in use by this process");
        }
        locked = true;
        int lifeOfLock = life;
        return () -> unlock(lifeOfLock);
    }

    private synchronized void unlock(int lifeOfLock) {
        if (life == lifeOfLock) {
            locked = false;
        }
    }

    @Override
    public String path(String name) {
        return "memory:" + name;
    }

    private MemoryFile file(String name) throws IOException {
        MemoryFile file = names.get(name);
        if (file == null) {
            throw new FileNotFoundException(path(name));
        }
        return file;
    }

    private void change(NameChange change) {
        change.apply(names);
        unsyncedChanges.add(change);
    }

    private void check(DiskOperation operation, String name) throws IOException {
        if (failsNow(operation)) {
            throw failure(operation, name);
        }
    }

    private IOException failure(DiskOperation operation, String name) {
        return new IOException(operation + " of " + path(name) + " failed");
    }

    private boolean failsNow(DiskOperation operation) {
        if (untilPowerCut == 0) {
            return true;
        }
        if (untilPowerCut > 0 && operation.changes()) {
            untilPowerCut--;
        }
        Integer left = untilFailure.remove(operation);
        if (left == null) {
            return false;
        }
        if (left > 1) {
            untilFailure.put(operation, left - 1);
        }
        return left == 1;
    }

    private final class Handle implements DiskFile {
        private final String name;
        private final MemoryFile file;
        private final int lifeOfHandle = life;

        Handle(String name, MemoryFile file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void write(long offset, ByteBuffer bytes) throws IOException {
            synchronized (MemoryDisk.this) {
                checkAlive();
                boolean fails = failsNow(DiskOperation.WRITE);
                byte[] source = new byte[fails ? bytes.remaining() / 2 : bytes.remaining()];
                bytes.get(source);
                if (source.length > 0) {
                    file.write(offset, source);
                }
                if (fails) {
                    throw failure(DiskOperation.WRITE, name);
                }
            }
        }

        @Override
        public byte[] read(long offset, int size) throws IOException {
            synchronized (MemoryDisk.this) {
                checkAlive();
                check(DiskOperation.READ, name);
                return file.read(offset, size);
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (MemoryDisk.this) {
                checkAlive();
                if (failsNow(DiskOperation.SYNC)) {
                    file.failSync();
                    throw failure(DiskOperation.SYNC, name);
                }
                file.sync();
            }
        }

        @Override
        public void close() {}

        private void checkAlive() throws IOException {
            if (life != lifeOfHandle) {
                throw new IOException("a file of before the crash: " + path(name));
            }
        }
    }
}
