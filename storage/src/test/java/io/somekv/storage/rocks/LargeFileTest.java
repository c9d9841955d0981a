package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.WriteBatch;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** A row costs about the same however large the file that has it. */
class LargeFileTest {
    private static final long STORE = 5;
    private static final int ROW_SIZE = 1024;
    private static final int READS = 2_000;

    @TempDir private Path folder;

    private static Bytes key(int row) {
        return EngineKey.of(STORE, 3, 7, 1, Bytes.utf8("row " + row));
    }

    private static void fill(Path where, int rows) throws RocksDBException {
        try (RocksEngine engine = RocksEngine.open(where)) {
            Bytes value = Bytes.wrap(new byte[ROW_SIZE]);
            for (int row = 0; row < rows; row += 256) {
                WriteBatch batch = new WriteBatch(STORE, row + 1);
                for (int i = row; i < row + 256; i++) {
                    batch.put(key(i), value);
                }
                engine.apply(batch);
            }
            engine.flush();
        }
        try (RocksOptions options =
                        new RocksOptions(
                                RocksOptions.WRITE_BUFFER_SIZE_MAX,
                                RocksOptions.BLOCK_CACHE_SIZE_DEFAULT);
                RocksDB database = RocksDB.open(options.database, where.toString())) {
            database.compactRange();
        }
    }

    /** Of the shortest of a few rounds. */
    private static long nanosOfReads(Path where, int rows) {
        SplittableRandom random = new SplittableRandom(rows);
        long shortest = Long.MAX_VALUE;
        try (RocksEngine engine = RocksEngine.open(where)) {
            for (int round = 0; round < 4; round++) {
                long begun = System.nanoTime();
                for (int i = 0; i < READS; i++) {
                    assertTrue(engine.get(key(random.nextInt(rows))).isPresent());
                }
                shortest = Math.min(shortest, System.nanoTime() - begun);
            }
        }
        return shortest;
    }

    /**
     * With an index in one block, which outgrows a shard of the cache, it was 150 times as long.
     */
    @Test
    void aRowOfALargeFileIsFoundAboutAsFast() throws RocksDBException {
        fill(folder.resolve("small"), 10_240);
        fill(folder.resolve("large"), 409_600);
        long small = nanosOfReads(folder.resolve("small"), 10_240);
        long large = nanosOfReads(folder.resolve("large"), 409_600);
        assertTrue(large < 30 * small, () -> large + " ns and " + small + " ns");
    }
}
