package io.somekv.kv.duplicates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.RequestStamp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The table by itself, with bounds that a test can reach. */
class DuplicateTableTest {
    private static final int STORE = 7;
    private static final int SHARD = 3;
    private static final long BYTES_MAX = 64 << 10;
    private static final DuplicateTable.Limits LIMITS = new DuplicateTable.Limits(8, false);

    private final MemoryEngine engine = new MemoryEngine();
    private final DuplicateTable table =
            new DuplicateTable(engine, STORE, BYTES_MAX, Collections.emptySet());
    private long index;
    private long logTime = 1_000_000;
    private long clients;

    private interface Change {
        void in(EntryWrites writes);
    }

    private void entry(Change change) {
        EntryWrites writes = new EntryWrites(engine, STORE, ++index, logTime);
        table.begin(writes);
        change.in(writes);
        table.finish(writes);
        writes.commit();
    }

    /** A piece with one record each of so many clients that were never seen. */
    private List<MovedRecord> piece(int count) {
        List<MovedRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ClientId client = new ClientId(1, ++clients);
            records.add(new MovedRecord(client, 1, 1, logTime + 60_000, false, Bytes.utf8("r")));
        }
        return records;
    }

    private Optional<Outcome> judge() {
        RequestStamp stamp = new RequestStamp(new ClientId(2, 2), 1, 1, List.of(), logTime + 1);
        return table.judge(0, stamp, logTime, LIMITS);
    }

    /** Each group alone keeps to its bound: what they remember comes together in one. */
    @Test
    void whatComesWithShardsIsBoundedToo() {
        int pieces = 0;
        while (table.hasRoomToTake()) {
            List<MovedRecord> piece = piece(20);
            entry(writes -> table.take(SHARD, piece, Bytes.EMPTY));
            pieces++;
            assertTrue(table.bytesHeld() < BYTES_MAX + BYTES_MAX / 8, pieces + " pieces");
        }
        assertFalse(table.hasRoomForShard());
        assertInstanceOf(Outcome.Busy.class, judge().orElseThrow(), "a write waits as well");
    }

    /** A freeze begins only where it will not be in vain; one that has begun may use the rest. */
    @Test
    void aShardNeedsMoreRoomThanItsNextPiece() {
        while (table.hasRoomForShard()) {
            List<MovedRecord> piece = piece(20);
            entry(writes -> table.take(SHARD, piece, Bytes.EMPTY));
        }
        assertTrue(table.hasRoomToTake());
        assertEquals(Optional.empty(), judge());
        logTime += 2 * DuplicateTable.DEADLINE_AHEAD_MILLIS_MAX;
        entry(writes -> {});
        assertTrue(table.hasRoomForShard(), "what is too old has made room");
    }
}
