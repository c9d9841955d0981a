package io.somekv.kv.duplicates;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import java.util.ArrayDeque;

/**
 * Rows of outcomes in the order in which they go, read several at a time. In the steady state one
 * goes with each entry, and was written minutes ago: to look each up by itself took 5 to 13 % of a
 * lane's time. No row changes once it is there, so it does not matter when it is read.
 */
final class OldestRows {
    private static final int ROWS_MAX = 16;

    /** Of rows that are read ahead: a group keeps no more. A larger row is read by itself. */
    private static final int BYTES_MAX = 16 << 10;

    private final Engine engine;
    private final long storeId;
    private final ArrayDeque<Row> ahead = new ArrayDeque<>();

    private record Row(long entry, Bytes value) {}

    OldestRows(Engine engine, long storeId) {
        this.engine = engine;
        this.storeId = storeId;
    }

    /**
     * The row of an entry, which goes with that.
     *
     * @param entry the oldest that has a row, but for those that were taken
     */
    OutcomeRow take(long entry) {
        if (ahead.isEmpty()) {
            readFrom(entry);
        }
        Invariant.check(!ahead.isEmpty(), "a record's row is there");
        Row row = ahead.removeFirst();
        Invariant.check(row.entry == entry, "rows go in order", row.entry, entry);
        return OutcomeRow.decode(row.value);
    }

    private void readFrom(long entry) {
        int[] bytes = {0};
        engine.scan(
                EngineKey.numbered(storeId, RowKind.OUTCOMES, entry),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.OUTCOMES + 1),
                (key, value) -> {
                    bytes[0] += value.size();
                    if (!ahead.isEmpty() && bytes[0] > BYTES_MAX) {
                        return false;
                    }
                    ahead.add(new Row(EngineKey.number(key), value));
                    return ahead.size() < ROWS_MAX;
                });
    }
}
