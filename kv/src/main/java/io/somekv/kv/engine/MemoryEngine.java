package io.somekv.kv.engine;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The engine of the simulator: sorted maps that keep the contract of {@link Engine}, the loss of
 * unflushed batches included. For one thread.
 */
public final class MemoryEngine implements Engine {
    /** Everything that was applied. A pin shares the map; the next change after it copies it. */
    private TreeMap<Bytes, Bytes> rows = new TreeMap<>();

    /** What a crash leaves: {@link #rows} without the changes in {@link #unflushed}. */
    private final TreeMap<Bytes, Bytes> flushed = new TreeMap<>();

    /** Batches and drops, the oldest first. */
    private final ArrayDeque<Change> unflushed = new ArrayDeque<>();

    /**
     * What one call makes of the rows.
     *
     * @param bytes of values that it puts
     */
    private record Change(long bytes, Consumer<NavigableMap<Bytes, Bytes>> on) {}

    private boolean pinned;
    private boolean closed;

    @Override
    public void apply(WriteBatch batch) {
        change(new Change(bytes(batch), some -> write(some, batch)));
    }

    private void change(Change change) {
        checkOpen();
        copyIfPinned();
        change.on.accept(rows);
        unflushed.add(change);
    }

    private static void write(NavigableMap<Bytes, Bytes> rows, WriteBatch batch) {
        for (WriteBatch.Change change : batch.changes()) {
            switch (change) {
                case WriteBatch.Change.Put put -> rows.put(put.key(), put.value());
                case WriteBatch.Change.Delete delete -> rows.remove(delete.key());
                case WriteBatch.Change.DeleteRange range -> {
                    if (range.from().compareTo(range.to()) < 0) {
                        rows.subMap(range.from(), range.to()).clear();
                    }
                }
            }
        }
        rows.put(
                EngineKey.applied(batch.storeId()),
                new ByteWriter(8).i64(batch.appliedIndex()).toBytes());
    }

    @Override
    public Optional<Bytes> get(Bytes key) {
        checkOpen();
        return Optional.ofNullable(rows.get(key));
    }

    @Override
    public void scan(Bytes from, Bytes to, RowVisitor visitor) {
        checkOpen();
        scan(rows, from, to, visitor);
    }

    @Override
    public long roughSize(Bytes from, Bytes to) {
        long[] size = {0};
        scan(
                from,
                to,
                (key, value) -> {
                    size[0] += key.size() + value.size();
                    return true;
                });
        return size[0];
    }

    private static void scan(
            NavigableMap<Bytes, Bytes> rows, Bytes from, Bytes to, RowVisitor visitor) {
        if (from.compareTo(to) >= 0) {
            return;
        }
        for (Map.Entry<Bytes, Bytes> row : rows.subMap(from, to).entrySet()) {
            if (!visitor.visit(row.getKey(), row.getValue())) {
                return;
            }
        }
    }

    @Override
    public long applied(long storeId) {
        checkOpen();
        return applied(rows, storeId);
    }

    @Override
    public long flushedApplied(long storeId) {
        checkOpen();
        return applied(flushed, storeId);
    }

    private static long applied(Map<Bytes, Bytes> rows, long storeId) {
        Bytes index = rows.get(EngineKey.applied(storeId));
        return index == null ? 0 : index.reader().i64();
    }

    @Override
    public void flush() {
        checkOpen();
        flushSome(unflushed.size());
    }

    @Override
    public long unflushedBytes() {
        checkOpen();
        return unflushed.stream().mapToLong(Change::bytes).sum();
    }

    private static long bytes(WriteBatch batch) {
        long bytes = 0;
        for (WriteBatch.Change change : batch.changes()) {
            bytes += change instanceof WriteBatch.Change.Put put ? put.value().size() : 0;
        }
        return bytes;
    }

    /** How many batches and drops a crash now would lose. */
    public int unflushed() {
        return unflushed.size();
    }

    /** Flushes the oldest changes, as an engine does on its own when its buffers fill. */
    public void flushSome(int changes) {
        checkOpen();
        for (int i = 0; i < changes && !unflushed.isEmpty(); i++) {
            unflushed.remove().on.accept(flushed);
        }
    }

    /** The power goes and comes back: what was not flushed is lost. */
    public void crash() {
        unflushed.clear();
        rows = new TreeMap<>(flushed);
        pinned = false;
        closed = false;
    }

    @Override
    public List<Long> stores() {
        checkOpen();
        List<Long> stores = new ArrayList<>();
        Bytes key = rows.isEmpty() ? null : rows.firstKey();
        while (key != null) {
            long storeId = EngineKey.storeId(key);
            stores.add(storeId);
            key = rows.ceilingKey(EngineKey.firstOfStore(storeId + 1));
        }
        return stores;
    }

    /**
     * As RocksDB does it: whole files of the store go at once, a tombstone covers the rest, and
     * that may be lost. So what comes back after a crash is a part of the store: here, its end,
     * which says what the store had applied.
     */
    @Override
    public void drop(long storeId) {
        change(new Change(0, some -> store(some, storeId).clear()));
        NavigableMap<Bytes, Bytes> left = store(flushed, storeId);
        for (int gone = left.size() / 2; gone > 0; gone--) {
            left.pollFirstEntry();
        }
    }

    private static NavigableMap<Bytes, Bytes> store(NavigableMap<Bytes, Bytes> rows, long storeId) {
        return rows.subMap(
                EngineKey.firstOfStore(storeId), true, EngineKey.firstOfStore(storeId + 1), false);
    }

    @Override
    public Staging stage(long storeId) {
        checkOpen();
        return new MemoryStaging(storeId);
    }

    private void copyIfPinned() {
        if (pinned) {
            rows = new TreeMap<>(rows);
            pinned = false;
        }
    }

    private final class MemoryStaging implements Staging {
        private final long storeId;
        private final TreeMap<Bytes, Bytes> staged = new TreeMap<>();

        MemoryStaging(long storeId) {
            this.storeId = storeId;
        }

        @Override
        public void add(Bytes key, Bytes value) {
            Invariant.check(
                    EngineKey.storeId(key) == storeId
                            && (staged.isEmpty() || key.compareTo(staged.lastKey()) > 0),
                    "rows of one store, in order");
            staged.put(key, value);
        }

        @Override
        public void finish(long appliedIndex) {
            flush();
            copyIfPinned();
            Invariant.check(
                    store(rows, storeId).isEmpty(), "a store that is filled never had a row");
            staged.put(EngineKey.applied(storeId), new ByteWriter(8).i64(appliedIndex).toBytes());
            rows.putAll(staged);
            flushed.putAll(staged);
        }

        @Override
        public void abandon() {
            staged.clear();
        }
    }

    @Override
    public Pin pin() {
        checkOpen();
        pinned = true;
        return new MemoryPin(rows);
    }

    /** As with any engine, what a clean end leaves is what was flushed: see {@link #crash}. */
    @Override
    public void close() {
        closed = true;
    }

    private void checkOpen() {
        Invariant.check(!closed, "an engine is not used after it was closed");
    }

    private static final class MemoryPin implements Pin {
        private final NavigableMap<Bytes, Bytes> rows;
        private boolean closed;

        MemoryPin(NavigableMap<Bytes, Bytes> rows) {
            this.rows = rows;
        }

        @Override
        public Optional<Bytes> get(Bytes key) {
            Invariant.check(!closed, "a pin is not used after it was closed");
            return Optional.ofNullable(rows.get(key));
        }

        @Override
        public void scan(Bytes from, Bytes to, RowVisitor visitor) {
            Invariant.check(!closed, "a pin is not used after it was closed");
            MemoryEngine.scan(rows, from, to, visitor);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
