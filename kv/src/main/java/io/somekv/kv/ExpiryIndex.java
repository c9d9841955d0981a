package io.somekv.kv;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Rows that name keys by the log time at which they expire, so that expired rows can be removed
 * without looking for them. A key that is gone by log time is invisible whether its row was removed
 * or not: this is about space only. They lie with the keys, in the generation of their shard, and
 * go with it.
 *
 * <p>A blind put does not know what it overwrites and leaves the old index row behind; so a row
 * here counts only if the key's own row says the same.
 */
final class ExpiryIndex {
    /** Rows that any entry may sweep. */
    private static final int SWEEP_ROWS_MIN = 64;

    /**
     * Generations that an entry may sweep: of each the rows are sought anew. Where more have
     * something due each of them waits longer, and then has more.
     */
    private static final int SWEEP_GENERATIONS_MAX = 8;

    private final Engine engine;
    private final long storeId;
    private final Shards shards;

    /**
     * The expiry of the first row of each generation that has any, exactly: what an entry sweeps
     * goes by it. Of one that was dropped it may still be here, and finds nothing.
     */
    private final TreeMap<Generation, Long> firstByGeneration = new TreeMap<>();

    /** The same, in the order in which they are due. */
    private final TreeSet<First> firsts = new TreeSet<>();

    private record Generation(int shard, long number) implements Comparable<Generation> {
        @Override
        public int compareTo(Generation other) {
            int byShard = Integer.compare(shard, other.shard);
            return byShard != 0 ? byShard : Long.compare(number, other.number);
        }
    }

    private record First(long expiry, Generation of) implements Comparable<First> {
        private static final Comparator<First> ORDER =
                Comparator.comparingLong(First::expiry).thenComparing(First::of);

        @Override
        public int compareTo(First other) {
            return ORDER.compare(this, other);
        }
    }

    /** Reads of each generation in the store when its first key expires. */
    ExpiryIndex(Engine engine, long storeId, Shards shards) {
        this.engine = engine;
        this.storeId = storeId;
        this.shards = shards;
        Bytes end = EngineKey.firstOfGeneration(storeId, EngineKey.GROUP, 0);
        Optional<Bytes> row = firstRow(EngineKey.firstOfStore(storeId), end);
        while (row.isPresent()) {
            Generation found =
                    new Generation(EngineKey.shard(row.get()), EngineKey.generation(row.get()));
            firstRow(start(found), end(found))
                    .ifPresent(first -> learnFirst(found, expiryOf(first)));
            Bytes next = EngineKey.firstOfGeneration(storeId, found.shard, found.number + 1);
            row = firstRow(next, end);
        }
    }

    private Optional<Bytes> firstRow(Bytes from, Bytes to) {
        List<Bytes> found = new ArrayList<>(1);
        engine.scan(
                from,
                to,
                (key, _) -> {
                    found.add(key);
                    return false;
                });
        return found.stream().findFirst();
    }

    void add(long expiry, int shard, long generation, Bytes key, EntryWrites writes) {
        Generation of = new Generation(shard, generation);
        writes.put(row(of, new ByteWriter(8 + key.size()).i64(expiry).raw(key)), Bytes.EMPTY);
        Long first = firstByGeneration.get(of);
        if (first == null) {
            forgetDropped(shard);
        }
        if (first == null || expiry < first) {
            learnFirst(of, expiry);
        }
    }

    private void forgetDropped(int shard) {
        TreeMap<Generation, Long> ofShard =
                new TreeMap<>(
                        firstByGeneration.subMap(
                                new Generation(shard, 0), new Generation(shard + 1, 0)));
        for (Generation known : ofShard.keySet()) {
            if (!shards.isInUse(known.shard, known.number)) {
                forgetFirst(known);
            }
        }
    }

    private void learnFirst(Generation of, long expiry) {
        forgetFirst(of);
        firstByGeneration.put(of, expiry);
        firsts.add(new First(expiry, of));
    }

    private void forgetFirst(Generation of) {
        Long first = firstByGeneration.remove(of);
        if (first != null) {
            firsts.remove(new First(first, of));
        }
    }

    /**
     * First thing in an entry: removes rows that its log time has passed, a bounded number, but
     * more than the entry can bring, or a steady load would let them grow for ever.
     *
     * @param requests in the entry; each brings one row at most, for what names several keys sets
     *     no expiry
     */
    void sweep(EntryWrites writes, int requests) {
        long through = shards.outgoing().sweepableThrough(writes.logTime());
        int rowsLeft = Math.max(SWEEP_ROWS_MIN, 2 * requests);
        int generationsLeft = SWEEP_GENERATIONS_MAX;
        while (rowsLeft > 0
                && generationsLeft > 0
                && !firsts.isEmpty()
                && firsts.first().expiry <= through) {
            First first = firsts.first();
            forgetFirst(first.of);
            if (shards.isInUse(first.of.shard, first.of.number)) {
                int swept = sweep(first, through, rowsLeft, writes);
                rowsLeft -= swept;
                generationsLeft -= swept > 0 ? 1 : 0;
            }
        }
    }

    /** One generation; how many rows of the index. */
    private int sweep(First first, long through, int rowsMax, EntryWrites writes) {
        Generation of = first.of;
        List<Bytes> due = new ArrayList<>();
        engine.scan(
                start(of, first.expiry),
                end(of),
                (indexRow, _) -> {
                    long expiry = expiryOf(indexRow);
                    if (expiry > through || due.size() == rowsMax) {
                        learnFirst(of, expiry);
                        return false;
                    }
                    due.add(indexRow);
                    return true;
                });
        for (Bytes indexRow : due) {
            if (holds(of, indexRow)) {
                writes.delete(keyRow(of, indexRow));
            }
            writes.delete(indexRow);
        }
        return due.size();
    }

    /** Whether a key of {@code shard} expires within {@code [from, to]}. */
    boolean anyDue(int shard, long from, long to) {
        Generation live = new Generation(shard, shards.get(shard).generation());
        if (!mayExpire(live, to)) {
            return false;
        }
        boolean[] found = new boolean[1];
        engine.scan(
                start(live, from),
                start(live, to + 1),
                (indexRow, _) -> {
                    found[0] = holds(live, indexRow);
                    return !found[0];
                });
        return found[0];
    }

    /** False if no key of a generation expires at {@code through} or before; asks no engine. */
    boolean mayExpire(int shard, long generation, long through) {
        return mayExpire(new Generation(shard, generation), through);
    }

    private boolean mayExpire(Generation of, long through) {
        return firstByGeneration.getOrDefault(of, StoredValue.NEVER) <= through;
    }

    /** Whether the key's own row agrees with the index row. */
    private boolean holds(Generation of, Bytes indexRow) {
        Optional<Bytes> row = engine.get(keyRow(of, indexRow));
        return row.isPresent()
                && StoredValue.decode(row.get()).expiryMillis() == expiryOf(indexRow);
    }

    // ---- rows

    private Bytes start(Generation of) {
        return EngineKey.first(storeId, of.shard, of.number, RowKind.EXPIRY);
    }

    private Bytes start(Generation of, long expiry) {
        return row(of, new ByteWriter(8).i64(expiry));
    }

    private Bytes end(Generation of) {
        return EngineKey.first(storeId, of.shard, of.number, RowKind.EXPIRY + 1);
    }

    private Bytes row(Generation of, ByteWriter rest) {
        return EngineKey.of(storeId, of.shard, of.number, RowKind.EXPIRY, rest.toBytes());
    }

    private static long expiryOf(Bytes indexRow) {
        return EngineKey.rest(indexRow).longAt(0);
    }

    private Bytes keyRow(Generation of, Bytes indexRow) {
        Bytes rest = EngineKey.rest(indexRow);
        Bytes key = rest.slice(Long.BYTES, rest.size() - Long.BYTES);
        return EngineKey.of(storeId, of.shard, of.number, RowKind.KEY, key);
    }
}
