package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.WriteBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** When RocksDB is held to an even pace, and when it has all there is. */
class CompactionPaceTest {
    private static final int BUFFER_SIZE = 1 << 20;
    private static final int VALUE_SIZE = 16 << 10;
    private static final int ENOUGH_WRITES = (256 << 20) / VALUE_SIZE;

    @TempDir private Path folder;

    private final SplittableRandom random = new SplittableRandom(1);
    private int written;

    static {
        NativeCode.load();
    }

    @Test
    void itIsEvenUntilBuffersOrFilesPileUpAndAgainOnceTheyAreGone() {
        try (CompactionPace pace = new CompactionPace(BUFFER_SIZE)) {
            assertEven(pace, true);
            pace.look(BUFFER_SIZE * 7 / 4, 7);
            assertEven(pace, true);
            pace.look(BUFFER_SIZE * 7 / 4 + 1, 0);
            assertEven(pace, false);
            pace.look(BUFFER_SIZE, 0);
            assertEven(pace, true);
            pace.look(0, 8);
            assertEven(pace, false);
            pace.look(0, 5);
            assertEven(pace, false);
            pace.look(0, 4);
            assertEven(pace, true);
        }
    }

    private static void assertEven(CompactionPace pace, boolean isEven) {
        assertEquals(isEven, pace.isEven());
        assertEquals(
                isEven
                        ? CompactionPace.EVEN_BYTES_PER_SECOND
                        : CompactionPace.FREE_BYTES_PER_SECOND,
                pace.limiter().getBytesPerSecond());
    }

    /** By a database with small buffers, which is written to faster than the pace. */
    @Test
    void whoeverWritesFasterThanThePaceFreesItAndItComesBackAtRest() throws Exception {
        try (RocksOptions options = new RocksOptions(BUFFER_SIZE, 1 << 20);
                RocksDB database = RocksDB.open(options.database, folder.toString())) {
            while (options.pace.isEven()) {
                write(options, database);
                assertTrue(written < ENOUGH_WRITES, "never behind");
            }
            int first = written;
            while (!options.pace.isEven()) {
                TimeUnit.MILLISECONDS.sleep(1);
                write(options, database);
                assertTrue(written < first + ENOUGH_WRITES, "never caught up");
            }
        }
    }

    private void write(RocksOptions options, RocksDB database) throws RocksDBException {
        byte[] value = new byte[VALUE_SIZE];
        random.nextBytes(value);
        written++;
        database.put(options.writes, Bytes.utf8("key" + random.nextInt()).toArray(), value);
        options.pace.wrote(database, value.length);
    }

    /** Who stops a node waits for it. */
    @Test
    void aFlushThatIsAskedForIsNotHeld() {
        AtomicReference<RocksEngine> opened = new AtomicReference<>();
        List<Boolean> even = new ArrayList<>();
        Consumer<RocksEngine.Step> watcher =
                step -> {
                    if (step == RocksEngine.Step.FLUSH_ENDED) {
                        even.add(Objects.requireNonNull(opened.get()).options.pace.isEven());
                    }
                };
        try (RocksEngine engine = RocksEngine.open(folder, BUFFER_SIZE, 1 << 20, watcher)) {
            opened.set(engine);
            assertTrue(engine.options.pace.isEven());
            engine.flush();
            assertEquals(List.of(false), even);
            engine.apply(
                    new WriteBatch(1, 1).put(Bytes.utf8("a"), Bytes.wrap(new byte[BUFFER_SIZE])));
            assertTrue(engine.options.pace.isEven());
        }
    }
}
