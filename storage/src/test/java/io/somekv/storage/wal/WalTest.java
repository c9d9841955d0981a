package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.CONFIG;
import static io.somekv.storage.wal.WalFixture.MEMBERS;
import static io.somekv.storage.wal.WalFixture.STORE;
import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.entry;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.readAll;
import static io.somekv.storage.wal.WalFixture.record;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Invariant;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.storage.disk.MemoryDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What goes into the log comes out of it, before and after a restart. */
class WalTest {
    private final MemoryDisk disk = new MemoryDisk();

    @Test
    void aBlankFolderGetsAnIdentityAndKeepsIt() throws Exception {
        try (Wal wal = open(disk)) {
            assertEquals(STORE, wal.storeUuid());
            assertEquals(1, wal.incarnation());
            assertEquals(List.of(), wal.recovered());
        }
        try (Wal wal = Wal.open(disk, WalConfig.of(new UUID(9, 9)))) {
            assertEquals(STORE, wal.storeUuid());
            assertEquals(2, wal.incarnation());
        }
    }

    @Test
    void aGroupComesBackAsItWasWritten() throws Exception {
        Membership settled =
                Membership.of(
                        List.of(new Member(1, 11, STORE)),
                        List.of(new Member(7, 13, new UUID(7, 7))));
        MembershipState later = new MembershipState(settled.promoting(7), 4, settled, 2);
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(5, 1, 1, 3));
            writeAndSync(wal, record(5, 2, 3, entries(5, 2, 3, 4)));
            writeAndSync(
                    wal,
                    new GroupRecord(
                            5, 1, 5, new HardState(3, 2, 4), later, EntryId.ZERO, 0, 0, List.of()));
        }
        try (Wal wal = open(disk)) {
            RecoveredGroup expected =
                    new RecoveredGroup(
                            5,
                            1,
                            5,
                            new HardState(3, 2, 4),
                            later,
                            EntryId.ZERO,
                            0,
                            List.of(new EntryId(1, 1), new EntryId(2, 3)),
                            4,
                            1004);
            assertEquals(List.of(expected), wal.recovered());
            assertEquals(
                    List.of(
                            entry(1, 1, "g5 t1 i1"),
                            entry(1, 2, "g5 t1 i2"),
                            entry(2, 3, "g5 t2 i3"),
                            entry(2, 4, "g5 t2 i4")),
                    readAll(wal, 5));
        }
    }

    @Test
    void oneFrameHoldsManyGroupsAndOneGroupTwice() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(1, 1, 1, 2), append(2, 4, 1, 1), append(1, 1, 3, 3));
        }
        try (Wal wal = open(disk)) {
            assertEquals(entries(1, 1, 1, 3), readAll(wal, 1));
            assertEquals(entries(2, 4, 1, 1), readAll(wal, 2));
        }
    }

    @Test
    void segmentsFollowOneAnotherAndCarryStateForward() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(7, 1, 1, 1));
            for (int i = 1; i <= 200; i++) {
                writeAndSync(wal, append(1, 1, i, i));
            }
            assertTrue(disk.list().size() > 4, disk.list().toString());
            assertEquals(entries(1, 1, 1, 200), readAll(wal, 1));
        }
        try (Wal wal = open(disk)) {
            assertEquals(entries(1, 1, 1, 200), readAll(wal, 1));
            assertEquals(entries(7, 1, 1, 1), readAll(wal, 7));
        }
    }

    @Test
    void aFrameLargerThanASegmentGetsOneOfItsSize() throws Exception {
        String large = "x".repeat(50_000);
        try (Wal wal = open(disk)) {
            wal.prepareSegment();
            writeAndSync(wal, append(1, 1, 1, 1));
            writeAndSync(wal, record(1, 1, 0, List.of(entry(1, 2, large))));
            writeAndSync(wal, append(1, 1, 3, 3));
        }
        try (Wal wal = open(disk)) {
            assertEquals(
                    List.of(entry(1, 1, "g1 t1 i1"), entry(1, 2, large), entry(1, 3, "g1 t1 i3")),
                    readAll(wal, 1));
        }
    }

    @Test
    void readsStopAtTheSizeAskedForButGiveOneEntry() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(1, 1, 1, 3));
            writeAndSync(wal, append(1, 1, 4, 9));
            assertEquals(entries(1, 1, 2, 2), wal.read(1, 2, 9, 1));
            assertEquals(entries(1, 1, 2, 3), wal.read(1, 2, 9, 16));
            assertEquals(entries(1, 1, 3, 5), wal.read(1, 3, 5, 1 << 20));
            assertEquals(List.of(), wal.read(1, 10, 12, 1 << 20));
            assertEquals(List.of(), wal.read(2, 1, 12, 1 << 20));
        }
    }

    @Test
    void aTruncatedLogForgetsTheTail() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(1, 1, 1, 9));
            writeAndSync(wal, record(1, 2, 5, List.of()));
            assertEquals(entries(1, 1, 1, 4), readAll(wal, 1));
        }
        try (Wal wal = open(disk)) {
            assertEquals(entries(1, 1, 1, 4), readAll(wal, 1));
            assertEquals(1004, wal.recovered().getFirst().lastLogTime());
            writeAndSync(wal, record(1, 2, 1, List.of()));
        }
        try (Wal wal = open(disk)) {
            assertEquals(List.of(), wal.recovered().getFirst().terms());
            assertEquals(0, wal.recovered().getFirst().lastIndex());
            assertEquals(0, wal.recovered().getFirst().lastLogTime());
        }
    }

    @Test
    void aReplicaThatWasAddedAgainStartsWithAnEmptyLog() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(1, 3, 1, 9));
            writeAndSync(
                    wal,
                    new GroupRecord(
                            1,
                            2,
                            44,
                            HardState.INITIAL,
                            MEMBERS,
                            EntryId.ZERO,
                            0,
                            0,
                            entries(1, 1, 1, 1)));
        }
        try (Wal wal = open(disk)) {
            RecoveredGroup group = wal.recovered().getFirst();
            assertEquals(2, group.replicaId());
            assertEquals(44, group.storeId());
            assertEquals(entries(1, 1, 1, 1), readAll(wal, 1));
        }
    }

    @Test
    void aHoleIsRefusedBeforeItIsWritten() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(1, 1, 1, 3));
            assertThrows(Invariant.Violation.class, () -> wal.write(List.of(append(1, 1, 5, 5))));
        }
        try (Wal wal = open(disk)) {
            assertEquals(entries(1, 1, 1, 3), readAll(wal, 1));
        }
    }

    @Test
    void smallestSegmentsAreLargeEnough() {
        assertThrows(Invariant.Violation.class, () -> CONFIG.withSegmentSize(4096));
    }

    @Test
    void openingSaysHowFarTheLogIsRead() throws Exception {
        try (Wal wal = open(disk)) {
            for (long index = 1; !disk.list().contains(Segments.name(3)); index++) {
                writeAndSync(wal, append(1, 1, index, index));
            }
        }
        List<String> heard = new ArrayList<>();
        Wal.open(disk, CONFIG, (read, total) -> heard.add(read + " of " + total)).close();
        long size = CONFIG.segmentSize();
        assertEquals(
                List.of(
                        "0 of " + 3 * size,
                        size + " of " + 3 * size,
                        2 * size + " of " + 3 * size,
                        3 * size + " of " + 3 * size),
                heard);
    }
}
