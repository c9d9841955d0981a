package io.somekv.kv;

import io.somekv.base.Bytes;
import io.somekv.kv.Outgoing.Phase;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.duplicates.MovedRecords;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a shard that is copied, piece by piece (DESIGN §7): all of its rows, then what changed
 * meanwhile, then, under a freeze, the duplicate table: in the piece of the last changes, where it
 * fits, for clients wait meanwhile. Each piece shows the state at a later moment than those before
 * it, so that a key's last mention is right.
 */
final class ShardPieces {
    /** More changes than this are not counted. */
    static final int CHANGES_COUNTED_MAX = 256;

    /** A piece takes up no more than this: where few keys change often it would hold few rows. */
    static final int CHANGES_READ_MAX = 4096;

    private final Engine engine;
    private final long storeId;
    private final DuplicateTable duplicates;

    /** A piece of changes, or of the duplicate table, is as large as so many of rows. */
    private static final int HURRIED_PIECES = 4;

    /** Past which a piece takes no more rows. */
    private final int pieceSize;

    /** Past which a piece takes up no more changes, and no more of the duplicate table. */
    private final int hurriedSize;

    private final ShardDigests digests;

    /**
     * @param pieceSize past which a piece of rows takes no more, in bytes; others are larger, since
     *     clients wait on their account: each lets so many writes through, or lengthens the freeze
     */
    ShardPieces(Engine engine, long storeId, DuplicateTable duplicates, int pieceSize) {
        this.pieceSize = pieceSize;
        this.hurriedSize = HURRIED_PIECES * pieceSize;
        this.digests = new ShardDigests(engine, storeId, pieceSize);
        this.engine = engine;
        this.storeId = storeId;
        this.duplicates = duplicates;
    }

    /** By which what was copied is compared, in ranges of the same size. */
    ShardDigests digests() {
        return digests;
    }

    /**
     * @param operations that this replica has executed
     */
    Outcome.ShardPiece read(Outgoing move, CopyCursor from, long logTime, long operations) {
        ShardRows rows = new ShardRows();
        int[] changes = {0};
        CopyCursor next =
                switch (from.part()) {
                    case ROWS -> readRows(move, from, rows);
                    case CHANGES -> readChanges(move, from, rows, changes);
                    case OUTCOMES -> readOutcomes(move, from, rows);
                    case END -> from.freezeId() == move.freezeId() ? from : from.toChanges();
                };
        Bytes bytes = rows.toBytes();
        return new Outcome.ShardPiece(
                move.copyId(),
                move.freezeId(),
                logTime,
                bytes,
                ShardRows.digest(bytes),
                next,
                changes[0],
                countChanges(move, next),
                bytesLeft(move, next),
                operations);
    }

    private CopyCursor readRows(Outgoing move, CopyCursor from, ShardRows rows) {
        Bytes first = first(move, RowKind.KEY);
        Bytes generation = EngineKey.firstOfGeneration(storeId, move.shard(), move.generation());
        Bytes[] last = {from.rowsAfter()};
        boolean[] more = {false};
        engine.scan(
                last[0].isEmpty() ? first : generation.concat(last[0]),
                first(move, RowKind.KEY + 1),
                (rowKey, value) -> {
                    Bytes row = tail(rowKey, generation.size());
                    if (row.equals(from.rowsAfter())) {
                        return true;
                    }
                    if (rows.size() > pieceSize) {
                        more[0] = true;
                        return false;
                    }
                    rows.key(tail(rowKey, first.size()), Optional.of(value));
                    last[0] = row.compact();
                    return true;
                });
        CopyCursor next = from.afterRow(last[0]);
        return more[0] ? next : next.toChanges();
    }

    private static Bytes tail(Bytes rowKey, int from) {
        return rowKey.slice(from, rowKey.size() - from);
    }

    private CopyCursor readChanges(Outgoing move, CopyCursor from, ShardRows rows, int[] changes) {
        Bytes prefix = first(move, RowKind.CHANGE);
        Set<Bytes> keys = new LinkedHashSet<>();
        Bytes[] last = {from.changesAfter()};
        boolean[] more = {false};
        engine.scan(
                row(move, RowKind.CHANGE, from.changesAfter()),
                first(move, RowKind.CHANGE + 1),
                (rowKey, _) -> {
                    Bytes change = tail(rowKey, prefix.size()).compact();
                    if (change.equals(from.changesAfter())) {
                        return true;
                    }
                    if (rows.size() > hurriedSize || changes[0] >= CHANGES_READ_MAX) {
                        more[0] = true;
                        return false;
                    }
                    last[0] = change;
                    changes[0]++;
                    Bytes key = change.slice(8, change.size() - 8);
                    if (keys.add(key)) {
                        rows.key(key, engine.get(row(move, RowKind.KEY, key)));
                    }
                    return true;
                });
        CopyCursor next = from.afterChange(last[0]);
        if (more[0] || move.phase() != Phase.FROZEN) {
            return next;
        }
        CopyCursor outcomes = next.afterOutcome(move.freezeId(), Bytes.EMPTY);
        return rows.size() < hurriedSize ? readOutcomes(move, outcomes, rows) : outcomes;
    }

    private CopyCursor readOutcomes(Outgoing move, CopyCursor from, ShardRows rows) {
        if (move.phase() != Phase.FROZEN || from.freezeId() != move.freezeId()) {
            return from.toChanges();
        }
        MovedRecords records =
                duplicates.recordsAfter(
                        move.shard(), from.outcomesAfter(), hurriedSize - rows.size());
        records.records().forEach(record -> rows.record(record.encode()));
        return records.areLast()
                ? from.toEnd(move.freezeId())
                : from.afterOutcome(move.freezeId(), records.records().getLast().position());
    }

    private long bytesLeft(Outgoing move, CopyCursor next) {
        Bytes generation = EngineKey.firstOfGeneration(storeId, move.shard(), move.generation());
        return next.part() == CopyCursor.Part.ROWS
                ? engine.roughSize(
                        generation.concat(next.rowsAfter()), first(move, RowKind.KEY + 1))
                : 0;
    }

    private int countChanges(Outgoing move, CopyCursor next) {
        int[] count = {0};
        engine.scan(
                row(move, RowKind.CHANGE, next.changesAfter()),
                first(move, RowKind.CHANGE + 1),
                (_, _) -> ++count[0] < CHANGES_COUNTED_MAX);
        return next.changesAfter().isEmpty() ? count[0] : Math.max(0, count[0] - 1);
    }

    private Bytes first(Outgoing move, int kind) {
        return EngineKey.first(storeId, move.shard(), move.generation(), kind);
    }

    private Bytes row(Outgoing move, int kind, Bytes rest) {
        return EngineKey.of(storeId, move.shard(), move.generation(), kind, rest);
    }
}
