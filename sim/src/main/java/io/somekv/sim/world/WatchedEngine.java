package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** A node's engine, and the watch over what is applied to it. */
final class WatchedEngine implements Engine {
    private final World world;
    private final long node;
    private MemoryEngine engine = new MemoryEngine();
    private final TreeMap<Long, Long> groupByStore = new TreeMap<>();

    WatchedEngine(World world, long node) {
        this.world = world;
        this.node = node;
    }

    void belongs(long storeId, long groupId) {
        groupByStore.put(storeId, groupId);
    }

    /** Its rows are gone with their disk. */
    void lose() {
        engine = new MemoryEngine();
        groupByStore.clear();
    }

    MemoryEngine memory() {
        return engine;
    }

    @Override
    public void apply(WriteBatch batch) {
        Long group = groupByStore.get(batch.storeId());
        if (group == null) {
            throw new IllegalStateException("store " + batch.storeId() + " belongs to no group");
        }
        long before = engine.applied(batch.storeId());
        if (world.mutations().contains(Mutation.APPLIED_NOT_ATOMIC)) {
            applyInTwo(batch, before);
        } else {
            engine.apply(batch);
        }
        long changes = hash(batch);
        world.trace()
                .event(
                        Trace.Kind.APPLY,
                        node,
                        changes,
                        () -> "g" + group + " entry " + batch.appliedIndex());
        world.watch().applied(node, group, before, batch.appliedIndex(), changes);
        world.watch().changed(group, batch);
    }

    /** KB-26: first the rows, then, in a write of its own, what they are the state of. */
    private void applyInTwo(WriteBatch batch, long before) {
        WriteBatch rows = new WriteBatch(batch.storeId(), before);
        for (WriteBatch.Change change : batch.changes()) {
            switch (change) {
                case WriteBatch.Change.Put put -> rows.put(put.key(), put.value());
                case WriteBatch.Change.Delete delete -> rows.delete(delete.key());
                case WriteBatch.Change.DeleteRange range ->
                        rows.deleteRange(range.from(), range.to());
            }
        }
        engine.apply(rows);
        engine.apply(new WriteBatch(batch.storeId(), batch.appliedIndex()));
    }

    private static long hash(WriteBatch batch) {
        Hash64 hash = new Hash64();
        for (WriteBatch.Change change : batch.changes()) {
            switch (change) {
                case WriteBatch.Change.Put put ->
                        hash.add(1).add(EngineKey.withoutStore(put.key())).add(put.value());
                case WriteBatch.Change.Delete delete ->
                        hash.add(2).add(EngineKey.withoutStore(delete.key()));
                case WriteBatch.Change.DeleteRange range ->
                        hash.add(3)
                                .add(EngineKey.withoutStore(range.from()))
                                .add(EngineKey.withoutStore(range.to()));
            }
        }
        return hash.value();
    }

    @Override
    public Optional<Bytes> get(Bytes key) {
        return engine.get(key);
    }

    @Override
    public void scan(Bytes from, Bytes to, RowVisitor visitor) {
        engine.scan(from, to, visitor);
    }

    @Override
    public long applied(long storeId) {
        return engine.applied(storeId);
    }

    @Override
    public long flushedApplied(long storeId) {
        return engine.flushedApplied(storeId);
    }

    @Override
    public long roughSize(Bytes from, Bytes to) {
        return engine.roughSize(from, to);
    }

    @Override
    public long unflushedBytes() {
        return engine.unflushedBytes();
    }

    @Override
    public void flush() {
        engine.flush();
    }

    @Override
    public List<Long> stores() {
        return engine.stores();
    }

    @Override
    public void drop(long storeId) {
        engine.drop(storeId);
    }

    @Override
    public Staging stage(long storeId) {
        return engine.stage(storeId);
    }

    @Override
    public Pin pin() {
        return engine.pin();
    }

    @Override
    public void close() {
        engine.close();
    }
}
