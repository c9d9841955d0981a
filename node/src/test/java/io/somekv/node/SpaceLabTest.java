package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.StoreReader;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the labs check of the room that a store takes: it goes by what it holds, not by its past.
 */
class SpaceLabTest {
    private static final int MIB = 1 << 20;
    private static final int ROUNDS = 12;

    /** Rounds in which what is behind five minutes is dropped: eight entries' with each entry. */
    private static final int FEW = 2;

    private static final int FIVE_MINUTES_TICKS = 61_000;

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, 1);
        cluster.run(500);
        return cluster;
    }

    private static void put(LaneCluster cluster, int key, Bytes value) {
        Command put = Command.Put.of(Bytes.utf8("key" + key), value);
        assertEquals(new Outcome.Ok(), cluster.ask(1, put));
    }

    /**
     * Two keys are overwritten all the time, and logs dropped now and then: a log holds what was
     * written since. The lab allows eight times what has a log dropped; here it is twice. A
     * snapshot holds the keys, and of each entry of the last five minutes what it did, for clients
     * that ask again: behind these five minutes it is as small as it was.
     */
    @Test
    @Tag("lab:MIT-2020.kvraft.TestSnapshotSize3B")
    void overwritesMakeNeitherLogsNorSnapshotsGrow() {
        LaneCluster cluster = started();
        writeRounds(cluster, 1);
        long log = cluster.disk(1).logBytes();
        compactAll(cluster);
        writeRounds(cluster, FEW);
        compactAll(cluster);
        long snapshot = snapshotBytes(cluster.disk(1).engine);
        for (int i = 0; i < ROUNDS; i++) {
            writeRounds(cluster, 1);
            for (int node = 1; node <= 3; node++) {
                long now = cluster.disk(node).logBytes();
                assertTrue(now <= 2 * log, "log of node " + node + ": " + now);
            }
            compactAll(cluster);
        }
        cluster.run(FIVE_MINUTES_TICKS);
        writeRounds(cluster, FEW);
        for (int node = 1; node <= 3; node++) {
            long now = snapshotBytes(cluster.disk(node).engine);
            assertTrue(now <= snapshot, "snapshot of node " + node + ": " + now);
        }
    }

    private static void writeRounds(LaneCluster cluster, int rounds) {
        for (int i = 0; i < 50 * rounds; i++) {
            put(cluster, i % 2, Bytes.utf8(String.valueOf(i % 10)));
        }
    }

    private static void compactAll(LaneCluster cluster) {
        for (int node = 1; node <= 3; node++) {
            cluster.compact(node);
        }
    }

    /** All rows of all groups, as snapshots carry them. */
    private static long snapshotBytes(Engine engine) {
        long bytes = 0;
        try (Engine.Pin pin = engine.pin()) {
            for (long store : engine.stores()) {
                bytes += StoreReader.read(pin, store, StoreReader.Cursor.START, MIB).rows().size();
            }
        }
        return bytes;
    }

    /**
     * 64 values of a mebibyte go to four keys. Once they are flushed and logs dropped, three nodes
     * hold those of four keys: the lab asks the heap, too. With any of log, cache, queue or
     * duplicate table holding on to its values it would be 64 MiB and more.
     */
    @Test
    @Tag("lab:MIT-2015.kvpaxos.TestDone")
    void whatIsDoneAndOverwrittenIsNotHeldInMemory() {
        LaneCluster cluster = started();
        long before = heapBytes();
        for (int i = 0; i < 64; i++) {
            put(cluster, i % 4, Bytes.wrap(new byte[MIB]));
        }
        compactAll(cluster);
        put(cluster, 0, Bytes.wrap(new byte[MIB]));
        long held = heapBytes() - before;
        assertTrue(held < 48L * MIB, "MiB held: " + held / MIB);
        Outcome last = cluster.ask(1, new Command.Get(Bytes.utf8("key3")));
        assertEquals(MIB, assertInstanceOf(Outcome.Value.class, last).value().size());
    }

    private static long heapBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
