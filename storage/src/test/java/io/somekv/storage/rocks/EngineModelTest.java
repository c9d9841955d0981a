package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.StoreDigest;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.StoreReader;
import io.somekv.kv.engine.WriteBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * RocksDB and the sorted maps get the same random operations and agree, whatever is asked. A crash
 * is a copy of the files while the database is open: what it holds must be some prefix of the
 * batches, over all stores, and hold at least what was called flushed.
 */
class EngineModelTest {
    private static final int OPERATIONS = 400;
    private static final long[] STORES = {1, 2, 70_000};

    /** Filled from a snapshot now and then. */
    private static final long COPY = 9;

    /** So small that RocksDB flushes on its own between the flushes that the test asks for. */
    private static final long WRITE_BUFFER_SIZE = 64 << 10;

    @TempDir private Path folder;

    private final List<WriteBatch> batches = new ArrayList<>();
    private final long[] applied = new long[STORES.length];
    private int copies;

    @Test
    @Tag("kb-26")
    void rocksAndMemoryAgree() {
        for (int seed = 0; seed < 3; seed++) {
            batches.clear();
            Arrays.fill(applied, 0);
            run(new SplittableRandom(seed), folder.resolve("seed-" + seed));
        }
    }

    private void run(SplittableRandom random, Path live) {
        RocksEngine rocks = RocksEngine.open(live, WRITE_BUFFER_SIZE, 1 << 20);
        MemoryEngine memory = new MemoryEngine();
        try (rocks;
                memory) {
            for (int i = 0; i < OPERATIONS; i++) {
                switch (random.nextInt(40)) {
                    case 0 -> {
                        rocks.flush();
                        memory.flush();
                        checkFlushed(rocks);
                    }
                    case 1, 2 -> checkCrash(rocks);
                    case 3 -> checkPins(rocks, memory, random);
                    case 4, 5, 6, 7 -> checkSame(rocks, memory);
                    case 8 -> checkSnapshot(rocks, memory, random);
                    default -> {
                        WriteBatch batch = randomBatch(random);
                        rocks.apply(batch);
                        memory.apply(batch);
                        batches.add(batch);
                    }
                }
            }
            checkSame(rocks, memory);
        }
    }

    private WriteBatch randomBatch(SplittableRandom random) {
        int store = random.nextInt(STORES.length);
        applied[store] += 1 + random.nextInt(3);
        WriteBatch batch = new WriteBatch(STORES[store], applied[store]);
        int changes = random.nextInt(6);
        for (int i = 0; i < changes; i++) {
            Bytes key = randomKey(random, STORES[store]);
            switch (random.nextInt(8)) {
                case 0 -> batch.delete(key);
                case 1 -> batch.deleteRange(key, randomKey(random, STORES[store]));
                default -> {
                    // Some are large enough to lie in files of their own.
                    byte[] value =
                            new byte[random.nextInt(random.nextInt(8) == 0 ? 60_000 : 2_000)];
                    random.nextBytes(value);
                    batch.put(key, Bytes.wrap(value));
                }
            }
        }
        return batch;
    }

    private static Bytes randomKey(SplittableRandom random, long storeId) {
        return EngineKey.of(storeId, random.nextInt(2), 7, 1, Bytes.utf8("k" + random.nextInt(30)));
    }

    private static String dump(Engine engine) {
        StringBuilder text = new StringBuilder();
        for (long store : STORES) {
            text.append(store).append(" applied ").append(engine.applied(store)).append('\n');
        }
        engine.scan(
                EngineKey.firstOfStore(0),
                EngineKey.firstOfStore(1_000_000),
                (key, value) -> {
                    text.append(key).append('=').append(value.size()).append(' ');
                    text.append(value.hashCode()).append('\n');
                    return true;
                });
        return text.toString();
    }

    private static void checkSame(RocksEngine rocks, MemoryEngine memory) {
        assertEquals(dump(memory), dump(rocks));
        for (int i = 0; i < 30; i++) {
            Bytes key = EngineKey.of(1, 0, 7, 1, Bytes.utf8("k" + i));
            assertEquals(memory.get(key), rocks.get(key));
        }
    }

    private void checkFlushed(RocksEngine rocks) {
        for (int i = 0; i < STORES.length; i++) {
            assertEquals(applied[i], rocks.flushedApplied(STORES[i]));
        }
    }

    private void checkPins(RocksEngine rocks, MemoryEngine memory, SplittableRandom random) {
        try (Engine.Pin one = rocks.pin();
                Engine.Pin other = memory.pin()) {
            String before = dump(one);
            assertEquals(before, dump(other));
            for (int i = 0; i < 5; i++) {
                WriteBatch batch = randomBatch(random);
                rocks.apply(batch);
                memory.apply(batch);
                batches.add(batch);
            }
            assertEquals(before, dump(one));
            assertEquals(before, dump(other));
        }
    }

    /**
     * A store is read in pieces from one and filled into both; that it is there outlives a crash.
     */
    private void checkSnapshot(RocksEngine rocks, MemoryEngine memory, SplittableRandom random) {
        long from = STORES[random.nextInt(STORES.length)];
        long to = COPY;
        rocks.drop(to);
        memory.drop(to);
        Engine.Staging one = rocks.stage(to);
        Engine.Staging other = memory.stage(to);
        try (Engine.Pin pin = rocks.pin();
                Engine.Pin same = memory.pin()) {
            StoreReader.Cursor at = StoreReader.Cursor.START;
            boolean more = true;
            while (more) {
                int sizeMax = 1 + random.nextInt(5_000);
                StoreReader.Piece piece = StoreReader.read(pin, from, at, sizeMax);
                assertEquals(piece, StoreReader.read(same, from, at, sizeMax));
                StoreReader.add(piece.rows(), to, one);
                StoreReader.add(piece.rows(), to, other);
                at = piece.next();
                more = !piece.isLast();
            }
        }
        assertEquals(dump(memory), dump(rocks), "nothing is to be seen before the end");
        if (random.nextInt(4) == 0) {
            one.abandon();
            other.abandon();
            return;
        }
        one.finish(77);
        other.finish(77);
        assertEquals(77, rocks.flushedApplied(to));
        assertEquals(StoreDigest.of(memory, from), StoreDigest.of(rocks, to));
        assertEquals(memory.stores(), rocks.stores());
        checkSame(rocks, memory);
        Path copy = folder.resolve("copy-" + copies++);
        CrashedCopy.make(rocks, copy);
        try (RocksEngine found = RocksEngine.open(copy)) {
            assertEquals(StoreDigest.of(memory, to), StoreDigest.of(found, to));
            found.drop(to);
            assertEquals(0, found.applied(to));
        }
        rocks.drop(to);
        memory.drop(to);
        checkSame(rocks, memory);
    }

    private static String dump(Engine.Pin pin) {
        StringBuilder text = new StringBuilder();
        pin.scan(
                EngineKey.firstOfStore(0),
                EngineKey.firstOfStore(1_000_000),
                (key, value) -> {
                    text.append(key).append('=').append(value.hashCode()).append('\n');
                    assertEquals(value, pin.get(key).orElseThrow());
                    return true;
                });
        return text.toString();
    }

    private void checkCrash(RocksEngine rocks) {
        long[] flushed = new long[STORES.length];
        for (int i = 0; i < STORES.length; i++) {
            flushed[i] = rocks.flushedApplied(STORES[i]);
        }
        Path copy = folder.resolve("copy-" + copies++);
        CrashedCopy.make(rocks, copy);
        try (RocksEngine found = RocksEngine.open(copy)) {
            for (int i = 0; i < STORES.length; i++) {
                assertTrue(found.applied(STORES[i]) >= flushed[i], "what was flushed is there");
            }
            // A store that was dropped may be back: nobody refers to it.
            found.drop(COPY);
            checkIsPrefix(found);
        }
    }

    /** Each batch raises the applied index of its store: that says where the prefix must end. */
    private void checkIsPrefix(RocksEngine found) {
        try (MemoryEngine prefix = new MemoryEngine()) {
            for (WriteBatch batch : batches) {
                if (batch.appliedIndex() > found.applied(batch.storeId())) {
                    break;
                }
                prefix.apply(batch);
            }
            assertEquals(dump(prefix), dump(found), "a crash leaves a prefix of the batches");
        }
    }
}
