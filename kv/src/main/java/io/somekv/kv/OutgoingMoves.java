package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.Outgoing.Phase;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The shards of a group that are on their way to others. Of each at most one copy is active; there
 * may be some besides that were handed over and are not yet released.
 */
final class OutgoingMoves {
    private final long storeId;
    private final TreeMap<Integer, TreeMap<Long, Outgoing>> byShard = new TreeMap<>();

    /** Reads back what the store holds. */
    OutgoingMoves(Engine.RowScan rows, long storeId) {
        this.storeId = storeId;
        rows.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.OUTGOING),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.OUTGOING + 1),
                (_, row) -> {
                    remember(Outgoing.decode(row));
                    return true;
                });
    }

    private void remember(Outgoing move) {
        byShard.computeIfAbsent(move.shard(), _ -> new TreeMap<>()).put(move.copyId(), move);
    }

    /** By shard, and of one shard by age. */
    List<Outgoing> all() {
        List<Outgoing> all = new ArrayList<>();
        byShard.values().forEach(moves -> all.addAll(moves.values()));
        return all;
    }

    Optional<Outgoing> find(int shard, long copyId) {
        TreeMap<Long, Outgoing> moves = byShard.get(shard);
        return moves == null ? Optional.empty() : Optional.ofNullable(moves.get(copyId));
    }

    /** The copy of a shard that is still this group's. */
    Optional<Outgoing> active(int shard) {
        TreeMap<Long, Outgoing> moves = byShard.get(shard);
        return moves == null
                ? Optional.empty()
                : Optional.of(moves.lastEntry().getValue()).filter(Outgoing::isActive);
    }

    /** Whether rows of that generation are copied, or were and are not yet released. */
    boolean has(int shard, long generation) {
        TreeMap<Long, Outgoing> moves = byShard.get(shard);
        return moves != null
                && moves.values().stream().anyMatch(move -> move.generation() == generation);
    }

    boolean isFrozen(int shard) {
        return active(shard).filter(move -> move.phase() == Phase.FROZEN).isPresent();
    }

    /** That by which a shard's keys are judged: while it is frozen, time stands still for it. */
    long logTimeOf(int shard, long logTime) {
        return active(shard)
                .filter(move -> move.phase() == Phase.FROZEN)
                .map(move -> Math.min(logTime, move.frozenLogTime()))
                .orElse(logTime);
    }

    /** Up to when keys that have expired may go, whatever their shard. */
    long sweepableThrough(long logTime) {
        long through = logTime;
        for (TreeMap<Long, Outgoing> moves : byShard.values()) {
            Outgoing move = moves.lastEntry().getValue();
            if (move.phase() == Phase.FROZEN) {
                through = Math.min(through, move.frozenLogTime());
            }
        }
        return through;
    }

    void store(Outgoing move, EntryWrites writes) {
        remember(move);
        writes.put(rowKey(move), move.encode());
    }

    /** From here on nobody keeps track of what changes, or will ask what did. */
    void dropChanges(Outgoing move, EntryWrites writes) {
        writes.dropRange(
                EngineKey.first(storeId, move.shard(), move.generation(), RowKind.CHANGE),
                EngineKey.first(storeId, move.shard(), move.generation(), RowKind.CHANGE + 1));
    }

    void forget(Outgoing move, EntryWrites writes) {
        TreeMap<Long, Outgoing> moves = byShard.get(move.shard());
        if (moves != null && moves.remove(move.copyId()) != null && moves.isEmpty()) {
            byShard.remove(move.shard());
        }
        writes.delete(rowKey(move));
    }

    private Bytes rowKey(Outgoing move) {
        return EngineKey.of(
                storeId,
                EngineKey.GROUP,
                0,
                RowKind.OUTGOING,
                new ByteWriter(10).u16(move.shard()).i64(move.copyId()).toBytes());
    }
}
