package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.CONFIG;
import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.readAll;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import io.somekv.storage.disk.DiskOperation;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * A disk that fails stops the log for good, and the next start finds everything that was synced.
 */
class FailureTest {
    private static final int BATCHES = 60;
    private static final int SEEDS = 6;

    @Test
    @Tag("kb-16")
    void theNthFailureOfAnyKindStopsTheLog() throws Exception {
        for (DiskOperation operation :
                EnumSet.of(
                        DiskOperation.WRITE,
                        DiskOperation.SYNC,
                        DiskOperation.CREATE,
                        DiskOperation.RENAME,
                        DiskOperation.SYNC_DIRECTORY)) {
            int failures = 0;
            for (int nth = 1; failAt(operation, nth, nth, CONFIG); nth++) {
                failures++;
            }
            assertTrue(failures >= 3, operation + " failed " + failures + " times");
        }
    }

    /** The second sync succeeds and has written nothing: only a power cut shows it. */
    @Test
    @Tag("kb-16")
    void aSyncThatIsTriedAgainLosesWhatItAcknowledged() {
        WalConfig bug = CONFIG.withMutations(EnumSet.of(Mutation.RETRY_FAILED_SYNC));
        assertFound(() -> {
            for (int seed = 0; seed < SEEDS; seed++) {
                for (int nth = 1; nth <= BATCHES; nth++) {
                    failAt(DiskOperation.SYNC, nth, seed, bug);
                }
            }
        });
    }

    /** A log with segments behind it loses power right after a sync. */
    @Test
    @Tag("kb-17")
    void unsyncedNamesAreNeverReliedOn() throws Exception {
        for (int seed = 0; seed < SEEDS; seed++) {
            failAt(DiskOperation.DELETE, Integer.MAX_VALUE, seed, CONFIG);
        }
    }

    @Test
    @Tag("kb-17")
    void aLogThatSyncsNoDirectoryLosesSegments() {
        WalConfig bug = CONFIG.withMutations(EnumSet.of(Mutation.NO_DIRECTORY_SYNC));
        assertFound(() -> {
            for (int seed = 0; seed < SEEDS; seed++) {
                failAt(DiskOperation.DELETE, Integer.MAX_VALUE, seed, bug);
            }
        });
    }

    /** The check fails, or the log itself finds that something is missing. */
    private static void assertFound(Executable check) {
        Throwable found = assertThrows(Throwable.class, check);
        assertTrue(
                found instanceof AssertionError || found instanceof IOException, found.toString());
    }

    /** Returns whether there was an nth operation to fail; the power goes after it. */
    private static boolean failAt(DiskOperation operation, int nth, int seed, WalConfig config)
            throws IOException {
        MemoryDisk disk = new MemoryDisk();
        long synced = 0;
        disk.fail(operation, nth);
        Wal wal = null;
        IOException failure = null;
        try {
            wal = Wal.open(disk, config);
            for (int i = 1; i <= BATCHES; i++) {
                writeAndSync(wal, append(1, 1, i, i));
                synced = i;
            }
        } catch (IOException e) {
            failure = e;
        }
        if (wal != null && failure != null) {
            assertStopped(wal, failure);
        }
        disk.crash(new SplittableRandom(seed));
        try (Wal again = Wal.open(disk, config)) {
            List<?> found = readAll(again, 1);
            assertTrue(found.size() >= synced, "synced " + synced + ", found " + found.size());
            assertEquals(entries(1, 1, 1, found.size()), found);
        }
        return failure != null;
    }

    private static void assertStopped(Wal wal, IOException failure) {
        for (int i = 0; i < 3; i++) {
            assertSame(failure, assertThrows(IOException.class, wal::sync));
            assertSame(
                    failure,
                    assertThrows(
                            IOException.class,
                            () -> wal.write(List.of(append(1, 1, BATCHES + 1, BATCHES + 1)))));
            assertSame(failure, assertThrows(IOException.class, () -> wal.read(1, 1, 1, 1)));
        }
    }

    /**
     * 1. A sync fails: the kernel keeps the pages, and calls them clean. 2. The process starts
     * again, reads the frame and hands it out as recovered. 3. The power goes. A log that only
     * synced at its start, which succeeds and does nothing, would have lost the frame now.
     */
    @Test
    @Tag("kb-16")
    void whatWasRecoveredIsDurable() throws Exception {
        for (int seed = 0; seed < 50; seed++) {
            MemoryDisk disk = new MemoryDisk();
            Wal first = open(disk);
            writeAndSync(first, append(1, 1, 1, 1));
            first.write(List.of(append(1, 1, 2, 2)));
            disk.fail(DiskOperation.SYNC, 1);
            assertThrows(IOException.class, first::sync);
            disk.restart();
            Wal second = open(disk);
            assertEquals(entries(1, 1, 1, 2), readAll(second, 1));
            disk.crash(new SplittableRandom(seed));
            try (Wal third = open(disk)) {
                assertEquals(entries(1, 1, 1, 2), readAll(third, 1));
            }
        }
    }

    /** A full disk can only be met where a segment begins: all else is prewritten. */
    @Test
    @Tag("kb-20")
    void aFullDiskStopsTheLogAndLeavesNoHole() throws Exception {
        MemoryDisk disk = new MemoryDisk();
        disk.capacity(3 * CONFIG.segmentSize() + 100);
        Wal wal = open(disk);
        int[] synced = new int[1];
        IOException full =
                assertThrows(
                        IOException.class,
                        () -> {
                            for (int i = 1; true; i++) {
                                writeAndSync(wal, append(1, 1, i, i));
                                synced[0] = i;
                            }
                        });
        assertTrue(String.valueOf(full.getMessage()).contains("no space"), full.toString());
        assertSame(full, assertThrows(IOException.class, wal::sync));
        wal.close();
        disk.capacity(Long.MAX_VALUE);
        try (Wal again = open(disk)) {
            assertEquals(entries(1, 1, 1, synced[0]), readAll(again, 1));
            for (int i = synced[0] + 1; i <= 200; i++) {
                writeAndSync(again, append(1, 1, i, i));
            }
        }
        try (Wal again = open(disk)) {
            assertEquals(entries(1, 1, 1, 200), readAll(again, 1));
        }
    }
}
