package io.somekv.storage.wal;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Mutation;
import io.somekv.storage.disk.DiskOperation;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.util.EnumSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random batches, power cuts, restarts and failing operations, against {@link LogModel}. */
class WalModelTest {
    private static final int RUNS = 100;

    /** Few segments: what stays behind is written again soon. */
    private static final WalConfig CONFIG = WalFixture.CONFIG.withSegmentsMax(3);

    /** Powers up and down a few times; the power goes at any operation, also while starting. */
    @Test
    @Tag("kb-18")
    @Tag("kb-52")
    void whatWasSyncedSurvivesPowerCuts() throws Exception {
        for (int seed = 0; seed < RUNS; seed++) {
            runWithPowerCuts(seed, CONFIG);
        }
    }

    @Test
    @Tag("kb-17")
    void aMissingDirectorySyncIsFound() {
        WalConfig bug = CONFIG.withMutations(EnumSet.of(Mutation.NO_DIRECTORY_SYNC));
        assertSomeSeedFails(seed -> runWithPowerCuts(seed, bug));
    }

    /** Every operation fails once at random; the log stops, and the process starts again. */
    @Test
    @Tag("kb-16")
    void whatWasSyncedSurvivesFailingOperations() throws Exception {
        for (int seed = 0; seed < RUNS; seed++) {
            runWithFailures(seed, CONFIG);
        }
    }

    @Test
    @Tag("kb-16")
    void aRepeatedSyncIsFound() {
        WalConfig bug = CONFIG.withMutations(EnumSet.of(Mutation.RETRY_FAILED_SYNC));
        assertSomeSeedFails(seed -> runWithFailures(seed, bug));
    }

    private interface Run {
        void of(int seed) throws IOException;
    }

    private static void assertSomeSeedFails(Run run) {
        Throwable found =
                assertThrows(
                        Throwable.class,
                        () -> {
                            for (int seed = 0; seed < RUNS; seed++) {
                                run.of(seed);
                            }
                        });
        assertTrue(
                found instanceof AssertionError || found instanceof IOException, found.toString());
    }

    private static void runWithPowerCuts(int seed, WalConfig config) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        MemoryDisk disk = new MemoryDisk();
        LogModel model = new LogModel(random);
        for (int life = 0; life < 6; life++) {
            disk.cutPowerAfter(random.nextInt(life == 0 ? 120 : 60));
            live(disk, config, model, random);
            disk.crash(random);
        }
        try (Wal wal = Wal.open(disk, config)) {
            model.checkRecovered(wal);
        }
    }

    private static void runWithFailures(int seed, WalConfig config) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        MemoryDisk disk = new MemoryDisk();
        LogModel model = new LogModel(random);
        DiskOperation[] operations = DiskOperation.values();
        for (int life = 0; life < 6; life++) {
            DiskOperation failing = operations[random.nextInt(operations.length)];
            disk.fail(failing, 1 + random.nextInt(30));
            live(disk, config, model, random);
            // Now and then the process alone goes, and the kernel still shows what it wrote.
            if (random.nextBoolean()) {
                disk.crash(random);
            } else {
                disk.restart();
            }
        }
        try (Wal wal = Wal.open(disk, config)) {
            model.checkRecovered(wal);
        }
    }

    /** One run of a process, up to its end by a failure of the disk or of its own accord. */
    private static void live(
            MemoryDisk disk, WalConfig config, LogModel model, SplittableRandom random) {
        Wal wal;
        try {
            wal = Wal.open(disk, config);
            model.checkRecovered(wal);
        } catch (CorruptLogException e) {
            throw new AssertionError("a power cut is no corruption", e);
        } catch (IOException _) {
            return;
        }
        try {
            for (int batch = 0; batch < 40; batch++) {
                var records = model.randomBatch();
                // A write that fails may leave all of its batch behind, or nothing.
                model.onWritten();
                wal.write(records);
                if (random.nextInt(4) > 0) {
                    wal.sync();
                    model.onSynced();
                }
                if (random.nextInt(8) == 0) {
                    wal.freeSegments();
                }
            }
        } catch (IOException failure) {
            assertSame(failure, assertThrows(IOException.class, wal::sync));
            assertSame(failure, assertThrows(IOException.class, () -> wal.read(1, 1, 1, 1)));
        }
    }
}
