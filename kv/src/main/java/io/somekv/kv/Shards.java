package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which shards this group serves, and what it has promised about the others (DESIGN §7). Each shard
 * has its own chain of owners by config number; one shard's step waits for no other.
 *
 * <p>Two groups never serve a shard at once: to own it for config n, a group needs the promise for
 * n of everybody who may have owned it, and whoever promised n refuses to own it for n or below,
 * and to promise it for less.
 */
final class Shards {
    private final long storeId;
    private final Map<Integer, ShardStatus> known = new TreeMap<>();
    private final OutgoingMoves outgoing;
    private final IncomingMoves incoming;

    /** Reads back what the store holds. */
    Shards(Engine engine, long storeId) {
        this.storeId = storeId;
        this.outgoing = new OutgoingMoves(engine::scan, storeId);
        this.incoming = new IncomingMoves(engine::scan, storeId);
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SHARD),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SHARD + 1),
                (key, value) -> {
                    ShardStatus status = ShardStatus.decode(ShardStatus.shardOf(key), value);
                    known.put(status.shard(), status);
                    return true;
                });
    }

    List<ShardStatus> all() {
        return new ArrayList<>(known.values());
    }

    ShardStatus get(int shard) {
        ShardStatus status = known.get(shard);
        return status != null ? status : ShardStatus.unknown(shard);
    }

    OutgoingMoves outgoing() {
        return outgoing;
    }

    IncomingMoves incoming() {
        return incoming;
    }

    boolean serves(int shard) {
        ShardStatus status = known.get(shard);
        return status != null && status.serving() && !status.isSuspended();
    }

    /** Whether it is served, and not frozen on its way to another group. */
    boolean takesWrites(int shard) {
        return serves(shard) && !outgoing.isFrozen(shard);
    }

    /**
     * Whether it is to be kept what its rows are before they change: they have yet to be compared
     * with those of the group that they came from.
     */
    boolean isCompared(int shard) {
        return incoming.isOwned(shard, get(shard).generation());
    }

    /** Whether rows that were owned once are here still; not so where the shard was cleared. */
    boolean holds(int shard, long generation) {
        return get(shard).generation() == generation || outgoing.has(shard, generation);
    }

    /** Whether it is to be kept track of which of its keys change. */
    boolean isCopied(int shard) {
        return outgoing.active(shard).isPresent();
    }

    Outcome.WrongGroup wrongGroup(int shard) {
        ShardStatus status = get(shard);
        return new Outcome.WrongGroup(Math.max(status.ownedSince(), status.givenUp()));
    }

    /** This group will not own the shard for a config up to that one. */
    void promise(int shard, long config, EntryWrites writes) {
        ShardStatus status = get(shard);
        if (status.serving() || config > status.givenUp()) {
            store(status.withGivenUp(config), writes);
        }
    }

    /** A later config gives the shard to whom it serves already. */
    void ownOn(int shard, long config, EntryWrites writes) {
        if (config > get(shard).ownedSince()) {
            store(get(shard).withOwner(config), writes);
        }
    }

    /** Nobody is served from it until a later config gives it to some group. */
    void suspend(int shard, long config, EntryWrites writes) {
        if (!get(shard).isSuspended()) {
            store(get(shard).withSuspension(config), writes);
        }
    }

    /** A later config gives the shard to some group: it is served while it is on its way there. */
    void resume(int shard, EntryWrites writes) {
        if (get(shard).isSuspended()) {
            store(get(shard).withSuspension(0), writes);
        }
    }

    /** The shard is served, and has nothing in it. */
    void ownAnew(int shard, long config, EntryWrites writes) {
        long generation = newGeneration(shard, writes);
        store(get(shard).withOwner(config).withData(false).withGeneration(generation), writes);
    }

    /** The shard is served, with what was put under that generation. */
    void ownGeneration(int shard, long config, long generation, EntryWrites writes) {
        store(get(shard).withOwner(config).withData(true).withGeneration(generation), writes);
    }

    /** A shard begins anew; its old rows are dropped as a range. */
    void clear(int shard, EntryWrites writes) {
        ShardStatus status = get(shard);
        writes.dropGeneration(shard, status.generation());
        store(status.withGeneration(newGeneration(shard, writes)), writes);
    }

    /** From now on the shard holds something that must move with it. */
    void markWritten(int shard, EntryWrites writes) {
        ShardStatus status = get(shard);
        if (!status.hasData()) {
            store(status.withData(true), writes);
        }
    }

    /** The entry's index; more where one entry begins several. Never one that was there before. */
    long newGeneration(int shard, EntryWrites writes) {
        long last = get(shard).generation();
        long staged = incoming.staging(shard).map(Incoming::generation).orElse(0L);
        return Math.max(writes.index(), Math.max(last, staged) + 1);
    }

    /** Whether rows of that generation are or will be somebody's: served here, or staged. */
    boolean isInUse(int shard, long generation) {
        return get(shard).generation() == generation
                || incoming.staging(shard)
                        .filter(move -> move.generation() == generation)
                        .isPresent();
    }

    private void store(ShardStatus status, EntryWrites writes) {
        known.put(status.shard(), status);
        writes.put(
                EngineKey.of(
                        storeId,
                        EngineKey.GROUP,
                        0,
                        RowKind.SHARD,
                        new ByteWriter(2).u16(status.shard()).toBytes()),
                status.encode());
    }
}
