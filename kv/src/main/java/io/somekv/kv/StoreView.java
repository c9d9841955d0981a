package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.duplicates.Executed;
import io.somekv.kv.duplicates.MovedRecord;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the rows of a data group's store say: for who watches a group from outside of its state
 * machine, and reads nothing but what is written.
 */
public final class StoreView {
    private final Engine engine;
    private final long storeId;

    public StoreView(Engine engine, long storeId) {
        this.engine = engine;
        this.storeId = storeId;
    }

    public ShardView shards() {
        List<ShardStatus> states = new ArrayList<>();
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SHARD),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SHARD + 1),
                (key, value) -> states.add(ShardStatus.decode(ShardStatus.shardOf(key), value)));
        return new ShardView(
                states,
                new OutgoingMoves(engine::scan, storeId).all(),
                new IncomingMoves(engine::scan, storeId).all());
    }

    /** Of the last entry, in milliseconds since 1970. */
    public long logTime() {
        return engine.get(EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.LOG_TIME))
                .map(row -> row.reader().i64())
                .orElse(0L);
    }

    /** What is stored under each key of a generation and is still seen at {@code logTime}. */
    public NavigableMap<Bytes, Bytes> keys(int shard, long generation, long logTime) {
        Bytes first = EngineKey.first(storeId, shard, generation, RowKind.KEY);
        TreeMap<Bytes, Bytes> found = new TreeMap<>();
        engine.scan(
                first,
                EngineKey.first(storeId, shard, generation, RowKind.KEY + 1),
                (key, value) -> {
                    if (StoredValue.decode(value).visibleAt(logTime)) {
                        found.put(key.slice(first.size(), key.size() - first.size()), value);
                    }
                    return true;
                });
        return found;
    }

    /** All that is remembered of what was executed in a shard. */
    public List<MovedRecord> records(int shard) {
        return new DuplicateTable(engine, storeId, EnumSet.noneOf(Mutation.class))
                .recordsAfter(shard, Bytes.EMPTY, Integer.MAX_VALUE)
                .records();
    }

    /** What an entry has noted in the duplicate table, if it has noted anything. */
    public List<Executed> executed(long entry) {
        Optional<Bytes> row = engine.get(EngineKey.numbered(storeId, RowKind.OUTCOMES, entry));
        return row.map(Executed::of).orElse(List.of());
    }
}
