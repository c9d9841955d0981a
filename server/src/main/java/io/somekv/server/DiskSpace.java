package io.somekv.server;

import io.somekv.protocol.frame.DiskRoom;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the room on the file systems of a node's folder. Nearly full is less than the reserve,
 * which is for what a node writes while nothing grows: the log's next segment, rows that are still
 * in memory, and what a compaction holds twice. It ends at a quarter more than that, lest it comes
 * and goes with every file.
 */
final class DiskSpace {
    private static final Logger log = LoggerFactory.getLogger(DiskSpace.class);

    private static final long RESERVE_MIN = 256L << 20;
    private static final long RESERVE_MAX = 1L << 30;

    /** Of the file system, between those two. */
    private static final int RESERVE_SHARE = 10;

    private final List<FileStore> stores;
    private final OptionalLong reserve;

    private volatile DiskRoom room = DiskRoom.PLENTY;

    /**
     * @param reserve in bytes; empty for the default
     */
    DiskSpace(List<FileStore> stores, OptionalLong reserve) {
        this.stores = List.copyOf(stores);
        this.reserve = reserve;
    }

    /** Of folders that are there, and may be on several file systems. */
    static DiskSpace of(List<Path> folders, OptionalLong reserve) throws IOException {
        List<FileStore> stores = new ArrayList<>();
        for (Path folder : folders) {
            stores.add(Files.getFileStore(folder));
        }
        return new DiskSpace(stores, reserve);
    }

    /** As of the last look; from any thread. */
    DiskRoom room() {
        return room;
    }

    /** From any thread. A file system that does not say keeps what it said last. */
    synchronized DiskRoom look() {
        DiskRoom before = room;
        long free = Long.MAX_VALUE;
        boolean isNearlyFull = false;
        try {
            for (FileStore store : stores) {
                long usable = store.getUsableSpace();
                free = Math.min(free, usable);
                isNearlyFull |= usable < mark(store, before.isNearlyFull());
            }
        } catch (IOException e) {
            log.warn("the room on the disk is not known: {}", e.getMessage());
            return before;
        }
        room = new DiskRoom(isNearlyFull, free);
        tell(before.isNearlyFull());
        return room;
    }

    private long mark(FileStore store, boolean isNearlyFull) throws IOException {
        long kept =
                reserve.isPresent()
                        ? reserve.getAsLong()
                        : Math.clamp(
                                store.getTotalSpace() / RESERVE_SHARE, RESERVE_MIN, RESERVE_MAX);
        return isNearlyFull ? kept + kept / 4 : kept;
    }

    private void tell(boolean wasNearlyFull) {
        if (room.isNearlyFull() == wasNearlyFull) {
            return;
        }
        if (wasNearlyFull) {
            log.info("the disk has room again: {} MiB free", room.freeBytes() >> 20);
        } else {
            log.warn(
                    "the disk is nearly full, {} MiB free: what grows is refused until there is"
                            + " room (--disk-reserve)",
                    room.freeBytes() >> 20);
        }
    }
}
