package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The shards that are on their way to a group. Of each at most one is staged; there may be some
 * besides that are owned and not yet released where they came from.
 */
final class IncomingMoves {
    private final long storeId;
    private final TreeMap<Integer, TreeMap<Long, Incoming>> byShard = new TreeMap<>();

    /** Reads back what the store holds. */
    IncomingMoves(Engine.RowScan rows, long storeId) {
        this.storeId = storeId;
        rows.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.INCOMING),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.INCOMING + 1),
                (_, row) -> {
                    remember(Incoming.decode(row));
                    return true;
                });
    }

    private void remember(Incoming move) {
        byShard.computeIfAbsent(move.shard(), _ -> new TreeMap<>()).put(move.config(), move);
    }

    /** By shard, and of one shard by config. */
    List<Incoming> all() {
        List<Incoming> all = new ArrayList<>();
        byShard.values().forEach(moves -> all.addAll(moves.values()));
        return all;
    }

    Optional<Incoming> find(int shard, long config) {
        TreeMap<Long, Incoming> moves = byShard.get(shard);
        return moves == null ? Optional.empty() : Optional.ofNullable(moves.get(config));
    }

    /** What is there of a shard that is not yet owned. */
    Optional<Incoming> staging(int shard) {
        TreeMap<Long, Incoming> moves = byShard.get(shard);
        return moves == null
                ? Optional.empty()
                : Optional.of(moves.lastEntry().getValue()).filter(Incoming::isStaging);
    }

    boolean isPrepared(int shard) {
        return staging(shard).filter(Incoming::isPrepared).isPresent();
    }

    /** Whether rows of that generation came from elsewhere, and are not yet released there. */
    boolean isOwned(int shard, long generation) {
        TreeMap<Long, Incoming> moves = byShard.get(shard);
        return moves != null
                && moves.values().stream()
                        .anyMatch(move -> move.isOwned() && move.generation() == generation);
    }

    void store(Incoming move, EntryWrites writes) {
        remember(move);
        writes.put(rowKey(move), move.encode());
    }

    /** What was staged goes, and that it was. */
    void drop(Incoming move, EntryWrites writes) {
        writes.dropGeneration(move.shard(), move.generation());
        forget(move, writes);
    }

    /** The source has released: nobody will ask any more what rows were when they came. */
    void settle(Incoming move, EntryWrites writes) {
        writes.dropRange(
                EngineKey.first(storeId, move.shard(), move.generation(), RowKind.ORIGINAL),
                EngineKey.first(storeId, move.shard(), move.generation(), RowKind.ORIGINAL + 1));
        forget(move, writes);
    }

    private void forget(Incoming move, EntryWrites writes) {
        TreeMap<Long, Incoming> moves = byShard.get(move.shard());
        if (moves != null && moves.remove(move.config()) != null && moves.isEmpty()) {
            byShard.remove(move.shard());
        }
        writes.delete(rowKey(move));
    }

    private Bytes rowKey(Incoming move) {
        return EngineKey.of(
                storeId,
                EngineKey.GROUP,
                0,
                RowKind.INCOMING,
                new ByteWriter(10).u16(move.shard()).i64(move.config()).toBytes());
    }
}
