package io.somekv.storage.rocks;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.WriteBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.rocksdb.FlushOptions;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/**
 * The engine on RocksDB (DESIGN §5). Its own log is off: what its buffers hold is lost in a crash,
 * and comes again from the Raft log. One column family, so that its buffers reach the disk in the
 * order in which batches were applied.
 *
 * <p>Native handles must not be used once they are closed: the process would die (KB-45). Every
 * call holds the shared half of a lock, {@link #close} the exclusive one, and pins that are still
 * open then lose their snapshot with the database and refuse further calls.
 */
public final class RocksEngine implements Engine {
    static {
        NativeCode.load();
    }

    /** Where a call has changed some of the files and not yet all. */
    enum Step {
        ROW_STAGED,
        FILE_STAGED,
        FILES_INGESTED,
        INGESTED_IS_APPLIED,
        FILES_DROPPED,
        TOMBSTONE_WRITTEN,
        FLUSH_BEGINS,
        FLUSH_ENDED
    }

    private final Path folder;
    private final RocksOptions options;
    private final RocksDB database;

    /** Told of each step; tests look there at what a crash would leave. */
    private final Consumer<Step> watcher;

    /** Shared by everything that touches the database; exclusive for closing it. */
    private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();

    private boolean closed;

    private RocksEngine(
            Path folder, RocksOptions options, RocksDB database, Consumer<Step> watcher) {
        this.folder = folder;
        this.options = options;
        this.database = database;
        this.watcher = watcher;
    }

    /** Opens the database in {@code folder}, which is made if it is missing. */
    public static RocksEngine open(Path folder) {
        return open(
                folder,
                RocksOptions.drawWriteBufferSize(new SplittableRandom()),
                RocksOptions.BLOCK_CACHE_SIZE_DEFAULT);
    }

    /**
     * @param writeBufferSize of one of the three buffers that take writes, in bytes
     * @param blockCacheSize for blocks, indexes and filters of files, in bytes
     */
    public static RocksEngine open(Path folder, long writeBufferSize, long blockCacheSize) {
        return open(folder, writeBufferSize, blockCacheSize, _ -> {});
    }

    static RocksEngine open(
            Path folder, long writeBufferSize, long blockCacheSize, Consumer<Step> watcher) {
        RocksOptions options = new RocksOptions(writeBufferSize, blockCacheSize);
        try {
            RocksStaging.clear(folder);
            RocksDB database = RocksDB.open(options.database, folder.toString());
            return new RocksEngine(folder, options, database, watcher);
        } catch (RocksDBException | IOException e) {
            options.close();
            throw new EngineFailure("open " + folder, e);
        }
    }

    @Override
    public void apply(WriteBatch batch) {
        enter();
        try (org.rocksdb.WriteBatch rows = new org.rocksdb.WriteBatch()) {
            for (WriteBatch.Change change : batch.changes()) {
                switch (change) {
                    case WriteBatch.Change.Put put ->
                            rows.put(put.key().toArray(), put.value().toArray());
                    case WriteBatch.Change.Delete delete -> rows.delete(delete.key().toArray());
                    case WriteBatch.Change.DeleteRange range -> {
                        if (range.from().compareTo(range.to()) < 0) {
                            rows.deleteRange(range.from().toArray(), range.to().toArray());
                        }
                    }
                }
            }
            rows.put(
                    EngineKey.applied(batch.storeId()).toArray(),
                    new ByteWriter(8).i64(batch.appliedIndex()).toBytes().toArray());
            database.write(options.writes, rows);
            options.pace.wrote(database, rows.getDataSize());
        } catch (RocksDBException e) {
            throw new EngineFailure("write", e);
        } finally {
            leave();
        }
    }

    @Override
    public Optional<Bytes> get(Bytes key) {
        return get(options.reads, key);
    }

    private Optional<Bytes> get(ReadOptions how, Bytes key) {
        enter();
        try {
            return Optional.ofNullable(database.get(how, key.toArray())).map(Bytes::wrap);
        } catch (RocksDBException e) {
            throw new EngineFailure("read", e);
        } finally {
            leave();
        }
    }

    @Override
    public void scan(Bytes from, Bytes to, RowVisitor visitor) {
        scan(options.reads, from, to, visitor);
    }

    private void scan(ReadOptions how, Bytes from, Bytes to, RowVisitor visitor) {
        enter();
        // The bound lets RocksDB stop at a file's end instead of walking deleted rows behind it.
        try (Slice bound = new Slice(to.toArray());
                ReadOptions bounded = new ReadOptions(how).setIterateUpperBound(bound);
                RocksIterator rows = database.newIterator(bounded)) {
            rows.seek(from.toArray());
            while (rows.isValid()) {
                if (!visitor.visit(Bytes.wrap(rows.key()), Bytes.wrap(rows.value()))) {
                    return;
                }
                rows.next();
            }
            rows.status();
        } catch (RocksDBException e) {
            throw new EngineFailure("scan", e);
        } finally {
            leave();
        }
    }

    @Override
    public long applied(long storeId) {
        return applied(options.reads, storeId);
    }

    @Override
    public long flushedApplied(long storeId) {
        return applied(options.persistedReads, storeId);
    }

    private long applied(ReadOptions how, long storeId) {
        return get(how, EngineKey.applied(storeId)).map(index -> index.reader().i64()).orElse(0L);
    }

    @Override
    public void flush() {
        enter();
        try (CompactionPace.Hurry _ = options.pace.hurry();
                FlushOptions how = new FlushOptions().setWaitForFlush(true)) {
            reached(Step.FLUSH_BEGINS);
            database.flush(how);
            reached(Step.FLUSH_ENDED);
        } catch (RocksDBException e) {
            throw new EngineFailure("flush", e);
        } finally {
            leave();
        }
    }

    @Override
    public long unflushedBytes() {
        enter();
        try {
            return database.getLongProperty("rocksdb.cur-size-all-mem-tables");
        } catch (RocksDBException e) {
            throw new EngineFailure("say what it holds in memory", e);
        } finally {
            leave();
        }
    }

    @Override
    public long roughSize(Bytes from, Bytes to) {
        enter();
        try (Slice first = new Slice(from.toArray());
                Slice end = new Slice(to.toArray())) {
            return database.getApproximateSizes(
                            List.of(new Range(first, end)),
                            SizeApproximationFlag.INCLUDE_FILES,
                            SizeApproximationFlag.INCLUDE_MEMTABLES)[0];
        } finally {
            leave();
        }
    }

    @Override
    public List<Long> stores() {
        enter();
        try (RocksIterator rows = database.newIterator(options.reads)) {
            List<Long> stores = new ArrayList<>();
            rows.seekToFirst();
            while (rows.isValid()) {
                long storeId = EngineKey.storeId(Bytes.wrap(rows.key()));
                stores.add(storeId);
                rows.seek(EngineKey.firstOfStore(storeId + 1).toArray());
            }
            rows.status();
            return stores;
        } catch (RocksDBException e) {
            throw new EngineFailure("list its stores", e);
        } finally {
            leave();
        }
    }

    @Override
    public void drop(long storeId) {
        enter();
        byte[] from = EngineKey.firstOfStore(storeId).toArray();
        byte[] to = EngineKey.firstOfStore(storeId + 1).toArray();
        try {
            // Whole files go at once; a tombstone covers what is left.
            database.deleteFilesInRanges(
                    database.getDefaultColumnFamily(), List.of(from, to), false);
            reached(Step.FILES_DROPPED);
            database.deleteRange(options.writes, from, to);
            reached(Step.TOMBSTONE_WRITTEN);
        } catch (RocksDBException e) {
            throw new EngineFailure("drop a store", e);
        } finally {
            leave();
        }
    }

    @Override
    public Staging stage(long storeId) {
        return new RocksStaging(this, storeId, options.stagedFileSizeMax);
    }

    /** Takes in files of a store as one; then the applied index, and all of it for good. */
    void ingest(List<String> files, long storeId, long appliedIndex) {
        enter();
        try (IngestExternalFileOptions how =
                new IngestExternalFileOptions().setMoveFiles(true).setSnapshotConsistency(true)) {
            if (!files.isEmpty()) {
                database.ingestExternalFile(files, how);
            }
        } catch (RocksDBException e) {
            throw new EngineFailure("take in a snapshot", e);
        } finally {
            leave();
        }
        reached(Step.FILES_INGESTED);
        apply(new WriteBatch(storeId, appliedIndex));
        reached(Step.INGESTED_IS_APPLIED);
        flush();
    }

    void reached(Step step) {
        watcher.accept(step);
    }

    @Override
    public Pin pin() {
        enter();
        try {
            return new RocksPin(database.getSnapshot());
        } finally {
            leave();
        }
    }

    /** Waits for running calls; later ones fail. What was not flushed is not kept. */
    @Override
    public void close() {
        lifetime.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                options.pace.hurry(); // To the end: closing waits for a flush that runs.
                database.close();
                options.close();
            }
        } finally {
            lifetime.writeLock().unlock();
        }
    }

    Path folder() {
        return folder;
    }

    boolean isPaced() {
        return options.pace.isEven();
    }

    /** Names the files that a crash now would leave; none of them goes away before the end. */
    void keepFiles(Consumer<RocksDB.LiveFiles> copying) {
        enter();
        try {
            database.disableFileDeletions();
            try {
                copying.accept(database.getLiveFiles(false));
            } finally {
                database.enableFileDeletions();
            }
        } catch (RocksDBException e) {
            throw new EngineFailure("keep its files", e);
        } finally {
            leave();
        }
    }

    private void enter() {
        lifetime.readLock().lock();
        if (closed) {
            lifetime.readLock().unlock();
            throw new IllegalStateException("the storage engine is closed");
        }
    }

    private void leave() {
        lifetime.readLock().unlock();
    }

    private final class RocksPin implements Pin {
        private final Snapshot snapshot;
        private final ReadOptions how;
        private boolean released;

        RocksPin(Snapshot snapshot) {
            this.snapshot = snapshot;
            this.how = new ReadOptions().setSnapshot(snapshot);
        }

        @Override
        public Optional<Bytes> get(Bytes key) {
            checkHeld();
            return RocksEngine.this.get(how, key);
        }

        @Override
        public void scan(Bytes from, Bytes to, RowVisitor visitor) {
            checkHeld();
            RocksEngine.this.scan(how, from, to, visitor);
        }

        private void checkHeld() {
            Invariant.check(!released, "a pin is not used after it was closed");
        }

        @Override
        public void close() {
            lifetime.readLock().lock();
            try {
                if (!released) {
                    released = true;
                    how.close();
                    if (!closed) {
                        database.releaseSnapshot(snapshot);
                    }
                }
            } finally {
                lifetime.readLock().unlock();
            }
        }
    }
}
