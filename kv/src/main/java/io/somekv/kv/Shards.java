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
 * <p>Two groups never serve a shard at once: to own it for config n, a group needs every earlier
 * owner's promise for n, and whoever promised n refuses to own it for n or below.
 */
final class Shards {
    private final long storeId;
    private final Map<Integer, ShardStatus> known = new TreeMap<>();

    /** Reads back what the store holds. */
    Shards(Engine engine, long storeId) {
        this.storeId = storeId;
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
        return status != null ? status : new ShardStatus(shard, 0, 0, false, false, 0);
    }

    boolean serves(int shard) {
        ShardStatus status = known.get(shard);
        return status != null && status.serving();
    }

    Outcome.WrongGroup wrongGroup(int shard) {
        ShardStatus status = get(shard);
        return new Outcome.WrongGroup(Math.max(status.ownedSince(), status.givenUp()));
    }

    /**
     * {@link io.somekv.protocol.command.Command.GiveUp}. Data that was written is never given up:
     * the asker hears so, and nothing changes. An asker for a config that this group has owned the
     * shard at, or past, is late: it must not come to own it.
     */
    Outcome giveUp(int shard, long config, EntryWrites writes) {
        ShardStatus status = get(shard);
        if (status.ownedSince() >= config) {
            return wrongGroup(shard);
        }
        if (status.serving() && status.hasData()) {
            return new Outcome.GivenUp(true, true);
        }
        long givenUp = Math.max(status.givenUp(), config);
        if (status.serving() || givenUp != status.givenUp()) {
            store(status.withGivenUp(givenUp), writes);
        }
        return new Outcome.GivenUp(false, status.ownedSince() > 0);
    }

    /** {@link io.somekv.protocol.command.Command.Own}. */
    Outcome own(int shard, long config, EntryWrites writes) {
        ShardStatus status = get(shard);
        if (config <= status.givenUp()) {
            return wrongGroup(shard);
        }
        if (status.serving()) {
            if (config > status.ownedSince()) {
                store(status.withOwner(config), writes);
            }
            return new Outcome.Ok();
        }
        store(
                status.withOwner(config)
                        .withData(false)
                        .withGeneration(nextGeneration(status, writes.index())),
                writes);
        return new Outcome.Ok();
    }

    /** A shard begins anew; its old rows are dropped as a range. */
    void clear(int shard, EntryWrites writes) {
        ShardStatus status = get(shard);
        writes.dropGeneration(shard, status.generation());
        store(status.withGeneration(nextGeneration(status, writes.index())), writes);
    }

    /** From now on the shard holds something that must move with it. */
    void markWritten(int shard, EntryWrites writes) {
        ShardStatus status = get(shard);
        if (!status.hasData()) {
            store(status.withData(true), writes);
        }
    }

    /** The entry's index; more where one entry begins several. Never one that was there before. */
    private static long nextGeneration(ShardStatus status, long index) {
        return Math.max(index, status.generation() + 1);
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
