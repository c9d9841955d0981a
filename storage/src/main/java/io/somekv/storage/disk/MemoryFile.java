package io.somekv.storage.disk;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The contents of one file of a {@link MemoryDisk}: what a reader sees, and for each sector with
 * unsynced writes everything that a power cut may leave of it.
 */
final class MemoryFile {
    private static final int SECTOR_SIZE = 512;

    /** A sector that was written and not synced. */
    private static final class Unsynced {
        /**
         * What it held before each of the writes, oldest first: the first is what the device holds.
         */
        final List<byte[]> before = new ArrayList<>();

        /**
         * A sync of it failed. The kernel forgets that the page is dirty: later syncs succeed and
         * leave it where it is (KB-16), until it is written again.
         */
        boolean forgotten;
    }

    /** What a reader sees. */
    private byte[] bytes;

    private final Map<Integer, Unsynced> unsynced = new TreeMap<>();

    MemoryFile(int size) {
        bytes = new byte[size];
    }

    MemoryFile copy() {
        MemoryFile copy = new MemoryFile(0);
        copy.bytes = bytes.clone();
        for (Map.Entry<Integer, Unsynced> entry : unsynced.entrySet()) {
            Unsynced sector = new Unsynced();
            sector.before.addAll(entry.getValue().before);
            sector.forgotten = entry.getValue().forgotten;
            copy.unsynced.put(entry.getKey(), sector);
        }
        return copy;
    }

    int size() {
        return bytes.length;
    }

    byte[] read(long offset, int size) throws EOFException {
        if (offset + size > bytes.length) {
            throw new EOFException("the file ends before " + (offset + size));
        }
        return Arrays.copyOfRange(bytes, (int) offset, (int) offset + size);
    }

    void write(long offset, byte[] source) throws IOException {
        if (offset + source.length > bytes.length) {
            throw new IOException("a write behind the end of the file");
        }
        int from = (int) offset;
        int last = from + source.length - 1;
        for (int sector = from / SECTOR_SIZE; sector <= last / SECTOR_SIZE; sector++) {
            Unsynced history = unsynced.computeIfAbsent(sector, _ -> new Unsynced());
            history.before.add(sector(sector));
            history.forgotten = false;
        }
        System.arraycopy(source, 0, bytes, from, source.length);
    }

    void sync() {
        unsynced.values().removeIf(sector -> !sector.forgotten);
    }

    void failSync() {
        unsynced.values().forEach(sector -> sector.forgotten = true);
    }

    /** Each unsynced sector becomes, independently, one of what it has been since its last sync. */
    void crash(RandomGenerator random) {
        for (Map.Entry<Integer, Unsynced> entry : unsynced.entrySet()) {
            List<byte[]> before = entry.getValue().before;
            int chosen = random.nextInt(before.size() + 1);
            if (chosen < before.size()) {
                byte[] kept = before.get(chosen);
                System.arraycopy(kept, 0, bytes, entry.getKey() * SECTOR_SIZE, kept.length);
            }
        }
        unsynced.clear();
    }

    /** Changes a byte behind everybody's back, as rot does. */
    void rot(long offset, int xor) {
        bytes[(int) offset] ^= (byte) xor;
    }

    private byte[] sector(int number) {
        int from = number * SECTOR_SIZE;
        return Arrays.copyOfRange(bytes, from, Math.min(from + SECTOR_SIZE, bytes.length));
    }
}
