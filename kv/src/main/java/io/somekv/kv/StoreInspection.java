package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a store's rows say of its shards, for a person who looks at it: each shard's state, and
 * whether the rows of shards fit what the states say.
 */
public final class StoreInspection {
    /** Rows of a generation that its shard's state does not refer to. */
    public record Leftover(int shard, long generation, long rows) {}

    private final Engine.Pin rows;
    private final long storeId;
    private final NavigableMap<Integer, ShardStatus> shards = new TreeMap<>();
    private final Set<Integer> unreadable = new TreeSet<>();
    private final List<Moved> moved = new ArrayList<>();
    private final List<Leftover> leftovers = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();

    private record Moved(int shard, long generation) {}

    private StoreInspection(Engine.Pin rows, long storeId) {
        this.rows = rows;
        this.storeId = storeId;
    }

    /** Reads the states, and one row of each generation; all of those that nothing refers to. */
    public static StoreInspection of(Engine.Pin rows, long storeId) {
        StoreInspection inspection = new StoreInspection(rows, storeId);
        inspection.readStates();
        inspection.readMoves();
        inspection.readGenerations();
        return inspection;
    }

    /** The states that could be read, by shard. */
    public NavigableMap<Integer, ShardStatus> shards() {
        return new TreeMap<>(shards);
    }

    public List<Leftover> leftovers() {
        return List.copyOf(leftovers);
    }

    /** What must not be. */
    public List<String> findings() {
        return List.copyOf(findings);
    }

    private void readStates() {
        rows.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SHARD),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.SHARD + 1),
                (key, value) -> {
                    readState(key, value);
                    return true;
                });
    }

    private void readState(Bytes key, Bytes value) {
        int shard = ShardStatus.shardOf(key);
        try {
            ShardStatus status = ShardStatus.decode(shard, value);
            shards.put(shard, status);
            if (status.serving() && status.generation() <= 0) {
                findings.add("shard " + shard + " is served, and has no generation for its rows");
            }
        } catch (MalformedException e) {
            unreadable.add(shard);
            findings.add("the state of shard " + shard + " cannot be read: " + e.getMessage());
        }
    }

    /** Generations on their way hither, and such as went elsewhere and are not yet released. */
    private void readMoves() {
        new OutgoingMoves(rows::scan, storeId)
                .all()
                .forEach(move -> moved.add(new Moved(move.shard(), move.generation())));
        for (Incoming move : new IncomingMoves(rows::scan, storeId).all()) {
            moved.add(new Moved(move.shard(), move.generation()));
        }
    }

    private void readGenerations() {
        Bytes from = EngineKey.firstOfStore(storeId);
        Bytes end = EngineKey.firstOfGeneration(storeId, EngineKey.GROUP, 0);
        Optional<Bytes> row = firstRow(from, end);
        while (row.isPresent()) {
            int shard = EngineKey.shard(row.get());
            long generation = EngineKey.generation(row.get());
            Bytes next = EngineKey.firstOfGeneration(storeId, shard, generation + 1);
            compare(shard, generation, row.get(), next);
            row = firstRow(next, end);
        }
    }

    private void compare(int shard, long generation, Bytes first, Bytes next) {
        ShardStatus status = shards.get(shard);
        long live = status == null ? 0 : status.generation();
        boolean isMoved = moved.contains(new Moved(shard, generation));
        if (unreadable.contains(shard) || generation == live || isMoved) {
            return;
        }
        leftovers.add(new Leftover(shard, generation, count(first, next)));
        if (generation > live) {
            findings.add(
                    "shard "
                            + shard
                            + " has rows of generation "
                            + generation
                            + ", and its state "
                            + (status == null ? "is not there" : "knows of none past " + live));
        }
    }

    private Optional<Bytes> firstRow(Bytes from, Bytes end) {
        List<Bytes> found = new ArrayList<>(1);
        rows.scan(
                from,
                end,
                (key, value) -> {
                    found.add(key);
                    return false;
                });
        return found.stream().findFirst();
    }

    private long count(Bytes from, Bytes end) {
        long[] count = new long[1];
        rows.scan(
                from,
                end,
                (key, value) -> {
                    count[0]++;
                    return true;
                });
        return count[0];
    }
}
