package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Digests over the rows of a shard, range by range, by which its source and its target compare what
 * each has stored (DESIGN §7). The source's rows lie still. The target's are written to, but what
 * they were before is kept ({@link RowKind#ORIGINAL}): so both can say what was handed over, at any
 * time.
 */
final class ShardDigests {
    private final Engine engine;
    private final long storeId;
    private final int pieceSize;

    /**
     * @param pieceSize past which a range takes no more rows, in bytes
     */
    ShardDigests(Engine engine, long storeId, int pieceSize) {
        this.engine = engine;
        this.storeId = storeId;
        this.pieceSize = pieceSize;
    }

    /** What the source of a move still has. */
    Outcome.ShardDigest handedOver(Outgoing move, DigestRange asked, long logTime) {
        TreeMap<Bytes, RowDigest> rows = new TreeMap<>();
        Walk walk = new Walk(move.shard(), move.generation(), asked.from());
        Bytes to = walk.go(RowKind.KEY, asked.to(), (k, row) -> rows.put(k, RowDigest.of(row)));
        return digest(rows, asked.through(to, logTime));
    }

    /** What the target of a move was given: of what has changed since, as it was. */
    RangeDigest asItCame(Incoming move, DigestRange asked, long logTime) {
        TreeMap<Bytes, RowDigest> rows = new TreeMap<>();
        Walk walk = new Walk(move.shard(), move.generation(), asked.from());
        Bytes end = walk.go(RowKind.KEY, asked.to(), (k, row) -> rows.put(k, RowDigest.of(row)));
        Bytes to = walk.go(RowKind.ORIGINAL, end, (k, row) -> rows.put(k, RowDigest.decode(row)));
        Map<Bytes, RowDigest> within = to.isEmpty() ? rows : rows.headMap(to);
        return new RangeDigest(digest(within, asked.through(to, logTime)), walk.bytes);
    }

    private static Outcome.ShardDigest digest(Map<Bytes, RowDigest> rows, DigestRange range) {
        Hash64 hash = new Hash64();
        rows.forEach((key, row) -> {
            if (row.visibleAt(range.logTime())) {
                hash.add(key).add(row.digest());
            }
        });
        return new Outcome.ShardDigest(range, hash.value());
    }

    /** Over rows of a generation, from some key on. */
    private final class Walk {
        private final int shard;
        private final long generation;
        private final Bytes from;

        /** Of all rows that it has shown. */
        private long bytes;

        Walk(int shard, long generation, Bytes from) {
            this.shard = shard;
            this.generation = generation;
            this.from = from;
        }

        /**
         * Shows the rows of a kind, as many as a piece takes.
         *
         * @param to behind the last key; empty for no bound
         * @return behind the last key that was shown, or {@code to}
         */
        Bytes go(int kind, Bytes to, BiConsumer<Bytes, Bytes> each) {
            int prefix = row(kind, Bytes.EMPTY).size();
            Bytes[] end = {to};
            long before = bytes;
            engine.scan(
                    row(kind, from),
                    to.isEmpty() ? row(kind + 1, Bytes.EMPTY) : row(kind, to),
                    (rowKey, value) -> {
                        Bytes key = rowKey.slice(prefix, rowKey.size() - prefix).compact();
                        if (bytes - before > pieceSize) {
                            end[0] = key;
                            return false;
                        }
                        bytes += rowKey.size() + value.size();
                        each.accept(key, value);
                        return true;
                    });
            return end[0];
        }

        private Bytes row(int kind, Bytes rest) {
            return EngineKey.of(storeId, shard, generation, kind, rest);
        }
    }
}
