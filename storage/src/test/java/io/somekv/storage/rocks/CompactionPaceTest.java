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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.RateLimiter;
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
    void itIsEvenUntilBuffersFilesOrDebtPileUpAndAgainOnceTheyAreGone() {
        try (CompactionPace pace = new CompactionPace(BUFFER_SIZE)) {
            assertEven(pace, true);
            pace.look(BUFFER_SIZE * 7 / 4, 7, 4L << 30);
            assertEven(pace, true);
            pace.look(BUFFER_SIZE * 7 / 4 + 1, 0, 0);
            assertEven(pace, false);
            pace.look(BUFFER_SIZE, 0, 0);
            assertEven(pace, true);
            pace.look(0, 8, 0);
            assertEven(pace, false);
            pace.look(0, 5, 0);
            assertEven(pace, false);
            pace.look(0, 4, 0);
            assertEven(pace, true);
            pace.look(0, 0, (4L << 30) + 1);
            assertEven(pace, false);
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
    void whoeverWritesFasterThanThePaceFreesItAndItComesBackOnceAllIsCompacted() throws Exception {
        try (RocksOptions options = new RocksOptions(BUFFER_SIZE, 1 << 20);
                RocksDB database = RocksDB.open(options.database, folder.toString())) {
            while (options.pace.isEven()) {
                write(options, database);
                assertTrue(written < ENOUGH_WRITES, "never behind");
            }
            int first = written;
            database.compactRange();
            while (!options.pace.isEven()) {
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

    /** The whole of it, and in slices: else a core would be taken for as long as before. */
    @Test
    void whatABufferIsWrittenOutToGoesByThePaceInSlices() throws Exception {
        try (RocksOptions options = new RocksOptions(16 * BUFFER_SIZE, 1 << 20);
                RocksDB database = RocksDB.open(options.database, folder.toString());
                FlushOptions how = new FlushOptions()) {
            for (int i = 0; i < 4 << 20; i += VALUE_SIZE) {
                write(options, database);
            }
            database.flush(how);
            RateLimiter limiter = options.pace.limiter();
            assertTrue(limiter.getTotalBytesThrough() >= 4 << 20);
            assertTrue(
                    limiter.getTotalRequests() >= (4 << 20) / CompactionPace.SLICE_BYTES,
                    () -> limiter.getTotalRequests() + " requests");
        }
    }

    /** What a refill has given is used up before a lower limit holds. */
    @Test
    void aFreePaceLeavesLittleThatIsNotHeldAfterIt() {
        try (CompactionPace pace = new CompactionPace(BUFFER_SIZE)) {
            pace.look(0, 8, 0);
            assertTrue(pace.limiter().getSingleBurstBytes() <= 16 << 20);
        }
    }

    /** Who stops a node waits for it, and another group writes on meanwhile. */
    @Test
    void aFlushThatIsAskedForIsNotHeldAndAfterItThePaceIsBack() {
        AtomicReference<RocksEngine> opened = new AtomicReference<>();
        List<Boolean> paced = new ArrayList<>();
        Consumer<RocksEngine.Step> watcher =
                step -> {
                    RocksEngine engine = Objects.requireNonNull(opened.get());
                    if (step == RocksEngine.Step.FLUSH_BEGINS) {
                        engine.apply(mebibyte());
                    }
                    paced.add(engine.isPaced());
                };
        try (RocksEngine engine = RocksEngine.open(folder, 16 * BUFFER_SIZE, 1 << 20, watcher)) {
            opened.set(engine);
            engine.apply(mebibyte());
            assertTrue(engine.isPaced());
            engine.flush();
            assertEquals(List.of(false, false), paced);
            assertTrue(engine.isPaced());
        }
    }

    @Test
    void theEngineTellsThePaceWhatItWrites() {
        try (RocksEngine engine = RocksEngine.open(folder, BUFFER_SIZE, 1 << 20)) {
            int batches = 0;
            while (engine.isPaced()) {
                engine.apply(mebibyte());
                assertTrue(++batches < 256, "never behind");
            }
        }
    }

    private static WriteBatch mebibyte() {
        return new WriteBatch(1, 1).put(Bytes.utf8("a"), Bytes.wrap(new byte[1 << 20]));
    }
}
