package io.somekv.kv.engine;

import io.somekv.base.Bytes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What one entry changes: collected as it is applied, seen at once by the later commands of the
 * same entry, written to the engine as one batch at the end. A row that is only put is never read.
 */
public final class EntryWrites {
    private final Engine engine;
    private final long storeId;
    private final long index;
    private final long logTime;
    private final WriteBatch batch;

    /** What the batch makes of each row it touches, so far; empty for a deleted row. */
    private final Map<Bytes, Optional<Bytes>> changed = new LinkedHashMap<>();

    public EntryWrites(Engine engine, long storeId, long index, long logTime) {
        this.engine = engine;
        this.storeId = storeId;
        this.index = index;
        this.logTime = logTime;
        this.batch = new WriteBatch(storeId, index);
    }

    /** Of the entry that is applied. */
    public long index() {
        return index;
    }

    /** Of the entry that is applied, in milliseconds since 1970. */
    public long logTime() {
        return logTime;
    }

    public Optional<Bytes> get(Bytes key) {
        Optional<Bytes> staged = changed.get(key);
        return staged != null ? staged : engine.get(key);
    }

    public void put(Bytes key, Bytes value) {
        batch.put(key, value);
        changed.put(key, Optional.of(value));
    }

    public void delete(Bytes key) {
        batch.delete(key);
        changed.put(key, Optional.empty());
    }

    /**
     * Drops a generation of a shard. Nothing reads a dead generation, so that this entry's own view
     * of its rows is left as it is.
     */
    public void dropGeneration(int shard, long generation) {
        dropRange(
                EngineKey.firstOfGeneration(storeId, shard, generation),
                EngineKey.firstOfGeneration(storeId, shard, generation + 1));
    }

    /** Drops the rows with {@code from <= key < to}, which nothing reads in this entry. */
    public void dropRange(Bytes from, Bytes to) {
        batch.deleteRange(from, to);
    }

    /** Hands everything to the engine, with the applied index. */
    public void commit() {
        engine.apply(batch);
    }
}
