package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A crash in the middle of a call: while rows are staged, between the ingestion of files and the
 * flush of their applied index, between the two halves of a drop. The files of that moment are
 * opened elsewhere. Stores that the log refers to hold a prefix of what was done to them all, with
 * everything that was flushed. Any other may hold some of its rows, and is gone for good once it is
 * dropped, as a starting node does with it.
 */
class EngineCrashTest {
    private static final int SEEDS = 2;
    private static final int OPERATIONS = 150;
    private static final int GROUPS = 3;
    private static final int KEYS = 60;

    /** So small that RocksDB flushes on its own, and that a store is staged as several files. */
    private static final long WRITE_BUFFER_SIZE = 16 << 10;

    /** Of each step, for each seed. */
    private static final int CRASHES_MAX = 3;

    @TempDir private Path folder;

    private int copies;

    @Test
    @Tag("kb-26")
    @Tag("kb-53")
    void aCrashWithinACallLeavesWhatTheContractAllows() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(new SplittableRandom(seed), folder.resolve("seed-" + seed));
            run.run();
            for (RocksEngine.Step step : RocksEngine.Step.values()) {
                assertEquals(CRASHES_MAX, run.crashes.get(step), "crashes at " + step);
            }
        }
    }

    /** Groups that are written to, and whose stores are replaced now and then by a snapshot. */
    private final class Run {
        final EnumMap<RocksEngine.Step, Integer> crashes = new EnumMap<>(RocksEngine.Step.class);
        private final SplittableRandom random;
        private final RocksEngine rocks;

        /** All that was done to stores, in order, but for drops; a store comes as one batch. */
        private final List<WriteBatch> done = new ArrayList<>();

        /** What the log refers to. */
        private final long[] storeByGroup = LongStream.rangeClosed(1, GROUPS).toArray();

        private final TreeMap<Long, Long> appliedByStore = new TreeMap<>();
        private final TreeMap<Long, Long> flushedByStore = new TreeMap<>();
        private long nextStoreId = GROUPS + 1;

        Run(SplittableRandom random, Path live) {
            this.random = random;
            rocks = RocksEngine.open(live, WRITE_BUFFER_SIZE, 1 << 20, this::maybeCrash);
        }

        void run() {
            try (rocks) {
                for (int i = 0; i < OPERATIONS; i++) {
                    int group = random.nextInt(GROUPS);
                    switch (random.nextInt(10)) {
                        case 0 -> {
                            rocks.flush();
                            allIsFlushed();
                        }
                        case 1 -> replace(group);
                        default -> write(storeByGroup[group]);
                    }
                }
            }
        }

        private void write(long store) {
            WriteBatch batch = new WriteBatch(store, appliedByStore.merge(store, 1L, Long::sum));
            for (int i = 0; i < 5; i++) {
                Bytes key = row(store, random.nextInt(KEYS));
                switch (random.nextInt(10)) {
                    case 0 -> batch.delete(key);
                    case 1 -> batch.deleteRange(key, row(store, random.nextInt(KEYS)));
                    default -> batch.put(key, value());
                }
            }
            done.add(batch);
            rocks.apply(batch);
        }

        private void replace(int group) {
            long store = nextStoreId++;
            long index = appliedByStore.getOrDefault(storeByGroup[group], 0L) + 100;
            WriteBatch rows = new WriteBatch(store, index);
            Engine.Staging staging = rocks.stage(store);
            for (int number = 0; number < KEYS; number++) {
                Bytes value = value();
                staging.add(row(store, number), value);
                rows.put(row(store, number), value);
            }
            if (random.nextInt(5) == 0) {
                staging.abandon();
                return;
            }
            staging.finish(index);
            done.add(rows);
            appliedByStore.put(store, index);
            allIsFlushed();
            long replaced = storeByGroup[group];
            storeByGroup[group] = store;
            rocks.drop(replaced);
        }

        private void allIsFlushed() {
            flushedByStore.putAll(appliedByStore);
        }

        private Bytes value() {
            byte[] value = new byte[random.nextInt(random.nextInt(20) == 0 ? 40_000 : 1_500)];
            random.nextBytes(value);
            return Bytes.wrap(value);
        }

        private void maybeCrash(RocksEngine.Step step) {
            if (step == RocksEngine.Step.FLUSH_ENDED) {
                allIsFlushed();
            }
            int oneOf = step == RocksEngine.Step.ROW_STAGED ? KEYS : 2;
            if (random.nextInt(oneOf) == 0 && crashes.getOrDefault(step, 0) < CRASHES_MAX) {
                crashes.merge(step, 1, Integer::sum);
                Path copy = folder.resolve("copy-" + copies++);
                CrashedCopy.make(rocks, copy);
                check(copy, "after a crash at " + step);
            }
        }

        private void check(Path copy, String when) {
            TreeSet<Long> referred = new TreeSet<>();
            LongStream.of(storeByGroup).forEach(referred::add);
            try (RocksEngine found = RocksEngine.open(copy)) {
                assertArrayEquals(new String[0], copy.resolve(RocksStaging.FOLDER).toFile().list());
                for (long store : found.stores()) {
                    if (!referred.contains(store)) {
                        assertTrue(store < nextStoreId, "a store that was");
                        found.drop(store);
                    }
                }
                found.flush();
            }
            try (RocksEngine found = RocksEngine.open(copy)) {
                for (long store : referred) {
                    long flushed = flushedByStore.getOrDefault(store, 0L);
                    assertTrue(found.applied(store) >= flushed, "what was flushed, " + when);
                }
                assertEquals(prefix(found, referred), rows(found), "a prefix, " + when);
            }
        }

        /** What was done up to the first that {@code found} lacks: the applied index tells. */
        private Map<Bytes, Bytes> prefix(Engine found, Set<Long> referred) {
            try (MemoryEngine prefix = new MemoryEngine()) {
                for (WriteBatch batch : done) {
                    if (referred.contains(batch.storeId())) {
                        if (batch.appliedIndex() > found.applied(batch.storeId())) {
                            break;
                        }
                        prefix.apply(batch);
                    }
                }
                return rows(prefix);
            }
        }
    }

    private static Bytes row(long store, int number) {
        return EngineKey.of(store, 0, 1, 1, Bytes.utf8("key " + (100 + number)));
    }

    private static Map<Bytes, Bytes> rows(Engine engine) {
        TreeMap<Bytes, Bytes> rows = new TreeMap<>();
        engine.scan(
                EngineKey.firstOfStore(0),
                EngineKey.firstOfStore(1_000_000),
                (key, value) -> rows.put(key, value) == null);
        return rows;
    }
}
