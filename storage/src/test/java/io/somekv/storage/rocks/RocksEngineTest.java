package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.WriteBatch;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is RocksDB's alone: its files, and the lifetime of its native handles. */
class RocksEngineTest {
    @TempDir private Path folder;

    /** Else replicas would write the same rows out, and compact them, all at the same moments. */
    @Test
    void buffersAreOfDifferentSizesAndNoneIsTooLarge() {
        LongSummaryStatistics sizes = new LongSummaryStatistics();
        for (int opening = 1; opening <= 3; opening++) {
            sizes.accept(RocksOptions.drawWriteBufferSize(new SplittableRandom(opening)));
        }
        assertTrue(sizes.getMax() <= 32 << 20, sizes::toString);
        assertTrue(sizes.getMax() - sizes.getMin() >= 1 << 20, sizes::toString);
    }

    /** As RocksDB has noted them. That all three are the same by chance is out of the question. */
    @Test
    void eachOpeningDrawsASizeOfItsOwn() throws Exception {
        TreeSet<Long> sizes = new TreeSet<>();
        for (int opening = 0; opening < 3; opening++) {
            RocksEngine.open(folder.resolve("" + opening)).close();
            sizes.add(notedWriteBufferSize(folder.resolve("" + opening)));
        }
        assertTrue(sizes.size() > 1, sizes::toString);
        assertTrue(sizes.getLast() <= RocksOptions.WRITE_BUFFER_SIZE_MAX, sizes::toString);
    }

    private static long notedWriteBufferSize(Path database) throws IOException {
        try (DirectoryStream<Path> noted = Files.newDirectoryStream(database, "OPTIONS-*")) {
            List<String> lines = Files.readAllLines(noted.iterator().next());
            return lines.stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith("write_buffer_size="))
                    .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1)))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void whatWasFlushedIsThereAfterAClose() {
        try (RocksEngine engine = RocksEngine.open(folder)) {
            engine.apply(new WriteBatch(1, 3).put(Bytes.utf8("a"), Bytes.utf8("1")));
            assertEquals(3, engine.applied(1));
            assertEquals(0, engine.flushedApplied(1));
            engine.flush();
            assertEquals(3, engine.flushedApplied(1));
            engine.apply(new WriteBatch(1, 4).put(Bytes.utf8("a"), Bytes.utf8("2")));
            assertEquals(3, engine.flushedApplied(1));
        }
        try (RocksEngine engine = RocksEngine.open(folder)) {
            assertEquals(3, engine.applied(1));
            assertEquals(Optional.of(Bytes.utf8("1")), engine.get(Bytes.utf8("a")));
        }
    }

    /** Else a seek for the next key would read a whole value on the way. */
    @Test
    void aLargeValueLiesBesideTheTableOfKeys() throws Exception {
        Bytes large = Bytes.wrap(new byte[1 << 20]);
        try (RocksEngine engine = RocksEngine.open(folder)) {
            engine.apply(
                    new WriteBatch(1, 1)
                            .put(Bytes.utf8("a"), large)
                            .put(Bytes.utf8("b"), Bytes.utf8("small")));
            engine.flush();
        }
        try (RocksEngine engine = RocksEngine.open(folder)) {
            assertEquals(Optional.of(large), engine.get(Bytes.utf8("a")));
            assertEquals(Optional.of(Bytes.utf8("small")), engine.get(Bytes.utf8("b")));
        }
        assertTrue(sizeOf(".blob") >= large.size());
        assertTrue(sizeOf(".sst") < 16 << 10);
    }

    private long sizeOf(String ending) throws IOException {
        long size = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + ending)) {
            for (Path file : files) {
                size += Files.size(file);
            }
        }
        return size;
    }

    @Test
    void aFolderThatIsNoDatabaseFailsLoudly() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "text");
        EngineFailure refused = assertThrows(EngineFailure.class, () -> RocksEngine.open(file));
        assertTrue(String.valueOf(refused.getMessage()).contains("failed to open"));
    }

    @Test
    @Tag("kb-45")
    void aPinThatOutlivesTheEngineIsHarmless() {
        RocksEngine engine = RocksEngine.open(folder);
        engine.apply(new WriteBatch(1, 1).put(Bytes.utf8("a"), Bytes.utf8("1")));
        Engine.Pin pin = engine.pin();
        engine.close();
        engine.close();
        assertThrows(IllegalStateException.class, () -> pin.get(Bytes.utf8("a")));
        assertThrows(IllegalStateException.class, () -> engine.flushedApplied(1));
        pin.close();
    }

    /** Threads that scan, pin and get meet a close: none of them touches a dead handle. */
    @Test
    @Tag("kb-45")
    void aCloseUnderLoadHarmsNobody() throws Exception {
        for (int round = 0; round < 10; round++) {
            RocksEngine engine = RocksEngine.open(folder.resolve("round-" + round));
            WriteBatch batch = new WriteBatch(1, 1);
            for (int i = 0; i < 200; i++) {
                batch.put(Bytes.utf8("key" + i), Bytes.utf8("value" + i));
            }
            engine.apply(batch);
            CountDownLatch running = new CountDownLatch(4);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> useUntilClosed(engine, running, failure));
                thread.start();
                threads.add(thread);
            }
            running.await();
            engine.close();
            for (Thread thread : threads) {
                thread.join();
            }
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
        }
    }

    private static void useUntilClosed(
            RocksEngine engine, CountDownLatch running, AtomicReference<Throwable> failure) {
        boolean counted = false;
        try {
            while (true) {
                try (Engine.Pin pin = engine.pin()) {
                    int[] rows = new int[1];
                    pin.scan(
                            Bytes.utf8("k"),
                            Bytes.utf8("l"),
                            (_, _) -> {
                                rows[0]++;
                                return true;
                            });
                    assertEquals(200, rows[0]);
                    assertTrue(engine.get(Bytes.utf8("key7")).isPresent());
                }
                if (!counted) {
                    counted = true;
                    running.countDown();
                }
            }
        } catch (IllegalStateException _) {
            // Closed: what it is told from now on.
        } catch (RuntimeException | Error e) {
            failure.set(e);
        } finally {
            if (!counted) {
                running.countDown();
            }
        }
    }
}
