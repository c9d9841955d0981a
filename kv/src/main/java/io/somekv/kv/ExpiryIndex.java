package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rows that name keys by the log time at which they expire, so that expired rows can be removed
 * without looking for them. A key that is gone by log time is invisible whether its row was removed
 * or not: this is about space only.
 *
 * <p>A blind put does not know what it overwrites and leaves the old index row behind; so a row
 * here counts only if the key's own row says the same.
 */
final class ExpiryIndex {
    /** Rows that any entry may sweep. */
    private static final int SWEEP_ROWS_MIN = 64;

    private final Engine engine;
    private final long storeId;

    /** The expiry of the first index row, exactly; {@link StoredValue#NEVER} if there is none. */
    private long earliest;

    /** One index row. */
    private record Due(Bytes indexKey, long expiry, int shard, long generation, Bytes key) {
        Bytes rowKey(long storeId) {
            return EngineKey.of(storeId, shard, generation, RowKind.KEY, key);
        }
    }

    ExpiryIndex(Engine engine, long storeId) {
        this.engine = engine;
        this.storeId = storeId;
        this.earliest = firstFrom(0);
    }

    void add(long expiry, int shard, long generation, Bytes key, EntryWrites writes) {
        Bytes rest =
                new ByteWriter(18 + key.size())
                        .i64(expiry)
                        .u16(shard)
                        .i64(generation)
                        .raw(key)
                        .toBytes();
        writes.put(EngineKey.of(storeId, EngineKey.GROUP, 0, RowKind.EXPIRY, rest), Bytes.EMPTY);
        earliest = Math.min(earliest, expiry);
    }

    /**
     * First thing in an entry: removes rows that its log time has passed, a bounded number, but
     * more than the entry can bring, or a steady load would let them grow for ever.
     *
     * @param requests in the entry; each brings one row at most, for what names several keys sets
     *     no expiry
     */
    void sweep(EntryWrites writes, int requests, Shards shards) {
        if (earliest > writes.logTime()) {
            return;
        }
        long through = shards.outgoing().sweepableThrough(writes.logTime());
        int rowsMax = Math.max(SWEEP_ROWS_MIN, 2 * requests);
        List<Due> due = scan(earliest, through, rowsMax + 1);
        for (int i = 0; i < Math.min(due.size(), rowsMax); i++) {
            Due one = due.get(i);
            if (holds(one, shards)) {
                writes.delete(one.rowKey(storeId));
            }
            writes.delete(one.indexKey);
        }
        earliest = due.size() > rowsMax ? due.get(rowsMax).expiry : firstFrom(through + 1);
    }

    /** Whether a key of {@code shard} expires within {@code [from, to]}. */
    boolean anyDue(int shard, long from, long to, Shards shards) {
        if (earliest > to) {
            return false;
        }
        boolean[] found = new boolean[1];
        engine.scan(
                key(from),
                key(to + 1),
                (key, _) -> {
                    Due due = parse(key);
                    found[0] = due.shard == shard && holds(due, shards);
                    return !found[0];
                });
        return found[0];
    }

    /** Whether the key's own row agrees with the index row. */
    private boolean holds(Due due, Shards shards) {
        if (!shards.isInUse(due.shard, due.generation)) {
            return false;
        }
        Optional<Bytes> row = engine.get(due.rowKey(storeId));
        return row.isPresent() && StoredValue.decode(row.get()).expiryMillis() == due.expiry;
    }

    private List<Due> scan(long from, long to, int countMax) {
        List<Due> found = new ArrayList<>();
        engine.scan(
                key(from),
                key(to + 1),
                (key, _) -> {
                    found.add(parse(key));
                    return found.size() < countMax;
                });
        return found;
    }

    private long firstFrom(long expiry) {
        long[] first = {StoredValue.NEVER};
        engine.scan(
                key(expiry),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.EXPIRY + 1),
                (key, _) -> {
                    first[0] = parse(key).expiry;
                    return false;
                });
        return first[0];
    }

    private Bytes key(long expiry) {
        return EngineKey.numbered(storeId, RowKind.EXPIRY, expiry);
    }

    private static Due parse(Bytes indexKey) {
        ByteReader reader = indexKey.slice(15, indexKey.size() - 15).reader();
        return new Due(
                indexKey, reader.i64(), reader.u16(), reader.i64(), reader.raw(reader.remaining()));
    }
}
