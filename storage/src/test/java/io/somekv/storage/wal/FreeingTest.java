package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.MEMBERS;
import static io.somekv.storage.wal.WalFixture.STORE;
import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.readAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is not needed any more gives its room back, and nothing else does. */
class FreeingTest {
    private static final int SEGMENTS_MAX = 4;
    private static final WalConfig CONFIG =
            WalFixture.CONFIG.withSegmentSize(8192).withSegmentsMax(SEGMENTS_MAX);

    private final MemoryDisk disk = new MemoryDisk();

    private static GroupRecord behind(long group, EntryId base, long from, long to) {
        return new GroupRecord(
                group,
                1,
                group,
                new HardState(1, 1, 0),
                MEMBERS,
                base,
                1000 + base.index(),
                0,
                entries(group, 1, from, to));
    }

    private int segments() throws IOException {
        return Segments.names(disk).size();
    }

    /**
     * Group 1 is written to for ever and drops what it has applied; 2 is idle, having dropped
     * nothing; 3 came to a standstill, and keeps a long end that nobody commits.
     */
    @Test
    void anEndlessLogStaysWithinItsBound() throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        List<Entry> stuck = entries(3, 1, 1, 40);
        Wal wal = Wal.open(disk, CONFIG);
        wal.write(List.of(append(2, 1, 1, 3), WalFixture.record(3, 1, 0, stuck)));
        wal.sync();
        for (long index = 1; index <= 3000; index++) {
            EntryId base = index <= 10 ? EntryId.ZERO : new EntryId(1, index - 10);
            wal.write(List.of(behind(1, base, index, index)));
            wal.sync();
            if (random.nextInt(20) == 0) {
                wal.freeSegments();
                assertTrue(segments() <= SEGMENTS_MAX + 2, segments() + " segments");
                assertTrue(wal.size() <= (SEGMENTS_MAX + 2) * 8192L);
            }
            if (random.nextInt(300) == 0) {
                wal.close();
                disk.restart();
                wal = Wal.open(disk, CONFIG);
            }
            if (random.nextInt(100) == 0) {
                assertEquals(stuck, readAll(wal, 3));
                assertEquals(entries(2, 1, 1, 3), readAll(wal, 2));
                assertEquals(Math.min(10, index), readAll(wal, 1, base).size());
            }
        }
        wal.close();
        assertFalse(disk.list().contains(Segments.name(1)));
    }

    /** What is dropped once all has come to rest goes then, not when a next segment begins. */
    @Test
    void aLogThatIsWrittenToNoMoreIsFreedUpToItsLastSegment() throws Exception {
        for (int seed = 1; seed <= 20; seed++) {
            MemoryDisk trial = new MemoryDisk();
            try (Wal wal = atRest(trial)) {
                wal.write(List.of(dropAll()));
                wal.freeSegments();
                assertEquals(2, Segments.names(trial).size(), "a power cut could undo that");
                wal.sync();
                wal.freeSegments();
                assertEquals(1, Segments.names(trial).size());
                wal.write(List.of(append(2, 1, 1, 3)));
            }
            trial.crash(new SplittableRandom(seed));
            try (Wal wal = Wal.open(trial, CONFIG)) {
                RecoveredGroup group = wal.recovered().getFirst();
                assertEquals(new EntryId(1, 60), group.base());
                assertEquals(60, group.lastIndex());
            }
        }
    }

    @Test
    void aReplicaThatIsNoMoreIsFreedAtOnce() throws Exception {
        try (Wal wal = atRest(disk)) {
            wal.write(List.of(GroupRecord.farewell(1, 1, MEMBERS, EntryId.ZERO)));
            wal.sync();
            wal.freeSegments();
            assertEquals(1, segments());
        }
    }

    /** KB-19: rot in the record that let segments go is not taken for a torn tail. */
    @Test
    @Tag("kb-19")
    void whatLetSegmentsGoIsVouchedFor() throws Exception {
        int at;
        try (Wal wal = atRest(disk)) {
            wal.sync();
            at = Position.offset(wal.durablePosition());
            wal.write(List.of(dropAll()));
            wal.sync();
            wal.freeSegments();
        }
        String last = Segments.names(disk).getLast();
        disk.rot(last, at + FrameHeader.SIZE + 8, 1);
        CorruptLogException rot =
                assertThrows(CorruptLogException.class, () -> Wal.open(disk, CONFIG));
        assertTrue(
                String.valueOf(rot.getMessage()).contains("not as it was written"),
                rot.getMessage());
    }

    /** Two segments; the first one holds entries of group 1 that are needed. */
    private static Wal atRest(MemoryDisk disk) throws IOException {
        Wal wal = filled(disk);
        wal.freeSegments();
        for (int filler = 0; Segments.names(disk).size() == 1; filler++) {
            wal.write(List.of(filler(61, filler)));
        }
        wal.sync();
        wal.freeSegments();
        assertEquals(2, Segments.names(disk).size());
        return wal;
    }

    private static GroupRecord dropAll() {
        return behind(1, new EntryId(1, 60), 61, 60);
    }

    /** KB-19: that it was freed is written down; that it got lost is not. */
    @Test
    @Tag("kb-19")
    void aFirstSegmentThatGotLostIsFoundOut() throws Exception {
        try (Wal wal = filled(disk)) {
            wal.freeSegments();
        }
        List<String> names = Segments.names(disk);
        assertFalse(names.contains(Segments.name(1)));
        disk.delete(names.getFirst());
        CorruptLogException lost =
                assertThrows(CorruptLogException.class, () -> Wal.open(disk, CONFIG));
        assertTrue(String.valueOf(lost.getMessage()).contains("the file is missing"));
    }

    /** The log says where it begins, and dies before the files are gone: they go later. */
    @Test
    void whatWasLeftOfFreeingGoesWhenTheLogIsOpened() throws Exception {
        for (int operations = 1; operations <= 20; operations++) {
            MemoryDisk trial = new MemoryDisk();
            try (Wal wal = filled(trial)) {
                trial.cutPowerAfter(operations);
                wal.freeSegments();
            } catch (IOException powerCut) {
                // Where it happens is what the loop is about.
            }
            trial.crash(new SplittableRandom(operations));
            assertEquals(
                    2,
                    LogInspection.of(trial, OpeningProgress.UNHEARD).groups().size(),
                    "as a starting node reads it");
            try (Wal wal = Wal.open(trial, CONFIG)) {
                RecoveredGroup group = wal.recovered().getFirst();
                assertEquals(60, group.lastIndex());
                assertEquals(new EntryId(1, 55), group.base());
                assertEquals(entries(1, 1, 56, 60), readAll(wal, 1, group.base()));
            }
        }
    }

    /** Entries that no segment holds, and that no base has passed: the group is not whole. */
    @Test
    @Tag("kb-19")
    void entriesThatAreMissingMakeAGroupDamaged() throws Exception {
        try (Wal wal = Wal.open(disk, CONFIG)) {
            wal.write(List.of(append(1, 1, 1, 3), append(2, 1, 1, 1)));
            wal.sync();
            for (int i = 2; segments() < 3; i++) {
                wal.write(List.of(append(2, 1, i, i)));
                wal.sync();
            }
        }
        new StoreIdentity(STORE, 1, 2).store(disk, CONFIG);
        assertThrows(CorruptLogException.class, () -> Wal.open(disk, CONFIG));
        WalConfig serve = CONFIG.withOnDamage(WalConfig.OnDamage.SERVE_WHOLE_GROUPS);
        try (Wal wal = Wal.open(disk, serve)) {
            assertEquals(List.of(), wal.recovered());
            assertEquals(2, wal.damaged().size());
        }
    }

    @Test
    void aReplicaThatIsNoMoreHoldsNothing() throws Exception {
        try (Wal wal = Wal.open(disk, CONFIG)) {
            wal.write(List.of(append(7, 1, 1, 5)));
            wal.write(List.of(GroupRecord.farewell(7, 1, MEMBERS, EntryId.ZERO)));
            wal.sync();
            assertEquals(List.of(), wal.read(7, 1, 5, 1 << 20));
        }
        try (Wal wal = filled(disk)) {
            wal.freeSegments();
            assertFalse(disk.list().contains(Segments.name(1)));
        }
        try (Wal wal = Wal.open(disk, CONFIG)) {
            assertEquals(2, wal.recovered().size(), "1 and 9");
        }
    }

    /** One group with 60 entries, all but five dropped, and others that hold none. */
    private static Wal filled(MemoryDisk disk) throws IOException {
        Wal wal = Wal.open(disk, CONFIG);
        for (long index = 1; index <= 60; index++) {
            EntryId base = index <= 5 ? EntryId.ZERO : new EntryId(1, index - 5);
            wal.write(List.of(behind(1, base, index, index)));
            wal.sync();
            for (int filler = 0; filler < 4; filler++) {
                wal.write(List.of(filler(index, filler)));
            }
        }
        wal.sync();
        return wal;
    }

    /** Bytes that nobody needs. */
    private static GroupRecord filler(long index, int number) {
        return new GroupRecord(
                9, 1, 9, new HardState(index, number, 0), MEMBERS, EntryId.ZERO, 0, 0, List.of());
    }
}
