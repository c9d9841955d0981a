package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.node.log.GroupRecord;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.raft.EntryId;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.storage.disk.MemoryDisk;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is begun on a disk that has little room left. */
final class HousekeepingTest {
    private static final int MIB = 1 << 20;

    /** So often at the latest, what was written is flushed. */
    private static final int RUNS = 60;

    private final MemoryDisk disk = new MemoryDisk();
    private final MemoryEngine engine = new MemoryEngine();
    private final List<String> emergencies = new ArrayList<>();
    private long freeBytes;

    /** One file of the log is 64 MiB: what it takes is counted, and nothing is written. */
    private long looked() throws IOException {
        return disk.list().stream().anyMatch(name -> name.startsWith("prepared"))
                ? freeBytes - 64 * MIB
                : freeBytes;
    }

    private void runs(long freeMib, int rowsMib) throws IOException {
        freeBytes = freeMib * MIB;
        WalConfig small =
                new WalConfig(new UUID(1, 2), 1, 8192, 16, WalConfig.OnDamage.REFUSE, Set.of());
        WriteBatch batch = new WriteBatch(7, 1);
        batch.put(Bytes.utf8("row"), Bytes.wrap(new byte[rowsMib * MIB]));
        engine.apply(batch);
        try (Wal wal = Wal.open(disk, small)) {
            Membership members = Membership.of(List.of(new Member(1, 1, new UUID(1, 2))));
            wal.write(
                    List.of(
                            GroupRecord.farewell(
                                    1, 1, MembershipState.initial(members), EntryId.ZERO)));
            Housekeeping house =
                    new Housekeeping(
                            wal,
                            engine,
                            List.of(),
                            this::room,
                            (code, why, cause) -> emergencies.add(why));
            for (int i = 0; i < RUNS; i++) {
                house.run();
            }
            assertEquals(List.of(), emergencies);
        }
    }

    private DiskRoom room() {
        try {
            return new DiskRoom(true, looked());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean isFlushed() {
        return engine.flushedApplied(7) == 1;
    }

    private boolean isPrepared() throws IOException {
        return looked() < freeBytes;
    }

    @Test
    void whereThereIsRoomForBothBothAreBegun() throws IOException {
        runs(64 + 32 + 16, 32);
        assertTrue(isPrepared());
        assertTrue(isFlushed());
    }

    /** Without a flush no segment of the log is ever free, and deletes could not help. */
    @Test
    void aSmallFlushGoesOnWhereThereIsNoRoomForASegment() throws IOException {
        runs(20, 4);
        assertFalse(isPrepared());
        assertTrue(isFlushed());
    }

    @Test
    void theSegmentDoesNotTakeTheRoomOfTheFlush() throws IOException {
        runs(64 + 32 + 15, 32);
        assertFalse(isPrepared());
        assertTrue(isFlushed());
    }

    @Test
    void aFlushThatDoesNotFitIsNotBegun() throws IOException {
        runs(64, 64);
        assertFalse(isPrepared());
        assertFalse(isFlushed());
    }
}
