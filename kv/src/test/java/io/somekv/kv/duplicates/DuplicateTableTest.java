package io.somekv.kv.duplicates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.RequestStamp;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** The table by itself, with bounds that a test can reach. */
class DuplicateTableTest {
    private static final int STORE = 7;
    private static final int SHARD = 3;
    private static final long BYTES_MAX = 64 << 10;

    /** Of records, as large as a piece of changes. */
    private static final int PIECE_SIZE = 128 << 10;

    /** By reading a piece; its records are half a megabyte. */
    private static final long ALLOCATED_MAX = 4 << 20;

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

    /** Rows come while others are read ahead, and go; one in ten is too large for that. */
    @Test
    void whoBeginsAnewKnowsTheSameAfterEachEntry() {
        DuplicateTable steady = new DuplicateTable(engine, STORE, Collections.emptySet());
        for (int entry = 1; entry <= 500; entry++) {
            logTime += DuplicateTable.DEADLINE_AHEAD_MILLIS_MAX / 100;
            ClientId client = new ClientId(1, entry % 50);
            RequestStamp stamp = new RequestStamp(client, entry, 1, List.of(), logTime + 200_000);
            Bytes result = Bytes.wrap(new byte[entry % 10 == 0 ? 20 << 10 : 10]);
            EntryWrites writes = new EntryWrites(engine, STORE, entry, logTime);
            steady.begin(writes);
            steady.record(SHARD, stamp, logTime, new Outcome.Value(result));
            steady.finish(writes);
            writes.commit();
            DuplicateTable anew = new DuplicateTable(engine, STORE, Collections.emptySet());
            assertEquals(anew.digest(), steady.digest(), "entry " + entry);
            Bytes gone = EngineKey.numbered(STORE, RowKind.OUTCOMES, entry - 101);
            assertEquals(Optional.empty(), engine.get(gone), "entry " + entry);
        }
    }

    /**
     * Clients wait while it is read, and so does everybody else on that lane. A piece has 5,000
     * records; where each is in a row with 255 others, those were 131,000 to make and to keep.
     */
    @Test
    void aPieceMakesNothingOfWhatDoesNotGoWithIt() throws JMException {
        DuplicateTable large = new DuplicateTable(engine, STORE, Collections.emptySet());
        for (int sequence = 1; sequence <= 512; sequence++) {
            recordBatch(large, sequence, 1, 256);
        }
        assertSecondPieceIsCheap(large);
    }

    /** However many clients there are besides those of the piece. */
    @Test
    void aPieceDoesNotLookAtAllClients() throws JMException {
        DuplicateTable large = new DuplicateTable(engine, STORE, Collections.emptySet());
        for (int batch = 0; batch < 100; batch++) {
            recordBatch(large, 1, batch * 1_000L, 1_000);
        }
        assertSecondPieceIsCheap(large);
    }

    private static void assertSecondPieceIsCheap(DuplicateTable large) throws JMException {
        MovedRecords first = large.recordsAfter(SHARD, Bytes.EMPTY, PIECE_SIZE);
        Bytes position = first.records().getLast().position();
        long before = allocatedBytes();
        MovedRecords second = large.recordsAfter(SHARD, position, PIECE_SIZE);
        long allocated = allocatedBytes() - before;
        assertTrue(second.records().size() > 5_000);
        assertTrue(allocated < ALLOCATED_MAX, allocated + " bytes");
    }

    /** In one entry. */
    private void recordBatch(DuplicateTable into, long sequence, long firstClient, int count) {
        EntryWrites writes = new EntryWrites(engine, STORE, ++index, logTime);
        into.begin(writes);
        for (int i = 0; i < count; i++) {
            ClientId client = new ClientId(1, firstClient + i);
            RequestStamp stamp = new RequestStamp(client, sequence, 1, List.of(), logTime + 60_000);
            into.record(SHARD, stamp, logTime, new Outcome.Ok());
        }
        into.finish(writes);
        writes.commit();
    }

    /** By this thread so far. */
    private static long allocatedBytes() throws JMException {
        return (long)
                ManagementFactory.getPlatformMBeanServer()
                        .getAttribute(
                                ObjectName.getInstance("java.lang:type=Threading"),
                                "CurrentThreadAllocatedBytes");
    }
}
