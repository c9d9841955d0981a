package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.CONFIG;
import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.readAll;
import static io.somekv.storage.wal.WalFixture.record;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.node.log.GroupRecord;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bytes that were durable and are not what they were are never passed over (KB-19). */
class CorruptionTest {
    private static final WalConfig SERVE =
            CONFIG.withOnDamage(WalConfig.OnDamage.SERVE_WHOLE_GROUPS);

    private final MemoryDisk disk = new MemoryDisk();
    private final List<Integer> bounds = new ArrayList<>();

    private void writeFrames(GroupRecord... records) throws IOException {
        try (Wal wal = open(disk)) {
            bounds.add(wal.endOffset());
            for (GroupRecord record : records) {
                writeAndSync(wal, record);
                bounds.add(wal.endOffset());
            }
        }
    }

    @Test
    @Tag("kb-19")
    void aFlippedByteBelowTheSyncedMarkIsRefused() throws Exception {
        writeFrames(append(1, 1, 1, 1), append(2, 1, 1, 2), append(1, 1, 2, 2), append(2, 1, 3, 3));
        checkNeverShortened(CONFIG);
    }

    @Test
    @Tag("kb-19")
    void aLogThatCutsCorruptionOffIsFound() throws Exception {
        writeFrames(append(1, 1, 1, 1), append(2, 1, 1, 2), append(1, 1, 2, 2), append(2, 1, 3, 3));
        WalConfig bug = CONFIG.withMutations(EnumSet.of(Mutation.CUT_CORRUPTION));
        assertThrows(AssertionError.class, () -> checkNeverShortened(bug));
    }

    /** Up to the last frame, which nothing vouches for. */
    private void checkNeverShortened(WalConfig config) throws IOException {
        for (int at = 0; at < bounds.get(bounds.size() - 2); at++) {
            for (int xor : new int[] {0xff, 1 << (at & 7)}) {
                MemoryDisk rotten = disk.copy();
                rotten.rot(Segments.name(1), at, xor);
                checkRefused(rotten, config, at);
                // Nor did the attempt change anything.
                checkRefused(rotten, config, at);
            }
        }
    }

    private void checkRefused(MemoryDisk rotten, WalConfig config, int at) throws IOException {
        try (Wal wal = Wal.open(rotten, config)) {
            fail("opened with byte " + at + " flipped: " + wal.recovered());
        } catch (CorruptLogException e) {
            assertTrue(e.file().endsWith(Segments.name(1)), e.file());
            assertTrue(e.offset() <= at, e.getMessage() + " for " + at);
        } catch (IOException e) {
            assertTrue(at < 12 && String.valueOf(e.getMessage()).contains("version"), e.toString());
        }
    }

    @Test
    @Tag("kb-19")
    void everyByteOfASealedSegmentIsVouchedFor() throws Exception {
        try (Wal wal = open(disk)) {
            for (int i = 1; !disk.list().contains(Segments.name(2)); i++) {
                bounds.add(wal.endOffset());
                writeAndSync(wal, append(1, 1, i, i));
            }
        }
        for (int at = bounds.getFirst(); at < bounds.getLast(); at++) {
            MemoryDisk rotten = disk.copy();
            rotten.rot(Segments.name(1), at, 0x10);
            checkRefused(rotten, CONFIG, at);
        }
    }

    @Test
    @Tag("kb-19")
    void aMissingSegmentIsRefused() throws Exception {
        try (Wal wal = open(disk)) {
            for (int i = 1; !disk.list().contains(Segments.name(3)); i++) {
                writeAndSync(wal, append(1, 1, i, i));
            }
        }
        MemoryDisk first = disk.copy();
        first.delete(Segments.name(1));
        assertMessage(first, "segment-0000000001 is corrupt at byte 0: the file is missing");
        disk.delete(Segments.name(2));
        assertMessage(disk, "segment-0000000002 is corrupt at byte 0: the file is missing");
    }

    private static void assertMessage(MemoryDisk rotten, String text) {
        IOException refused = assertThrows(CorruptLogException.class, () -> open(rotten));
        assertTrue(String.valueOf(refused.getMessage()).contains(text), refused.toString());
    }

    /** Frames of groups 1, 2, 1, 2, 1; the third, of group 1, is lost. */
    @Test
    void aGroupOfWhichARecordIsMissingIsDamagedAndTheOthersLive() throws Exception {
        writeFrames(
                append(1, 1, 1, 1),
                append(2, 1, 1, 1),
                append(1, 1, 2, 2),
                append(2, 1, 2, 2),
                append(1, 1, 3, 3));
        disk.rot(Segments.name(1), bounds.get(2) + 9, 1);
        try (Wal wal = Wal.open(disk, SERVE)) {
            assertEquals(
                    List.of(
                            new DamagedGroup(
                                    1, 1, disk.path(Segments.name(1)), bounds.get(4) + 48)),
                    wal.damaged());
            assertEquals(1, wal.recovered().size());
            assertEquals(entries(2, 1, 1, 2), readAll(wal, 2));
            assertEquals(List.of(), readAll(wal, 1));
            assertThrows(Invariant.Violation.class, () -> wal.write(List.of(append(1, 1, 4, 4))));
        }
    }

    /** A record alone is bad: its frame's other record counts. */
    @Test
    void theOtherRecordsOfABrokenFrameCount() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(1, 1, 1, 1), append(2, 1, 1, 1));
            bounds.add(wal.endOffset());
            writeAndSync(wal, append(1, 1, 2, 2), append(2, 1, 2, 2));
            writeAndSync(wal, append(1, 1, 3, 3), append(2, 1, 3, 3));
        }
        int payloadOfFirst = bounds.getFirst() + FrameHeader.SIZE + LogRecord.HEADER_SIZE + 8;
        disk.rot(Segments.name(1), payloadOfFirst, 1);
        try (Wal wal = Wal.open(disk, SERVE)) {
            assertEquals(entries(2, 1, 1, 3), readAll(wal, 2));
            assertEquals(1, wal.damaged().getFirst().groupId());
        }
    }

    /**
     * Nothing of group 2 follows the lost frame: nobody can say that it held none of its records.
     */
    @Test
    void aGroupThatIsNotProvablyWholeIsDamaged() throws Exception {
        writeFrames(append(2, 1, 1, 1), append(1, 1, 1, 1), append(1, 1, 2, 2), append(1, 1, 3, 3));
        disk.rot(Segments.name(1), bounds.get(2) + 9, 1);
        try (Wal wal = Wal.open(disk, SERVE)) {
            assertEquals(List.of(), wal.recovered());
            assertEquals(2, wal.damaged().size());
        }
    }

    /** The directory of the next segment is such a proof, for a group that has fallen silent. */
    @Test
    void theNextDirectoryProvesASilentGroupWhole() throws Exception {
        try (Wal wal = open(disk)) {
            writeAndSync(wal, append(2, 1, 1, 1));
            bounds.add(wal.endOffset());
            for (int i = 1; !disk.list().contains(Segments.name(2)); i++) {
                writeAndSync(wal, append(1, 1, i, i));
            }
        }
        disk.rot(Segments.name(1), bounds.getFirst() + 9, 1);
        try (Wal wal = Wal.open(disk, SERVE)) {
            assertEquals(entries(2, 1, 1, 1), readAll(wal, 2));
            assertEquals(1, wal.damaged().getFirst().groupId());
        }
    }

    @Test
    void damageIsRememberedUntilANewReplicaComes() throws Exception {
        writeFrames(
                append(1, 1, 1, 1),
                append(2, 1, 1, 1),
                append(1, 1, 2, 2),
                append(2, 1, 2, 2),
                append(1, 1, 3, 3));
        disk.rot(Segments.name(1), bounds.get(2) + 9, 1);
        GroupRecord reborn =
                new GroupRecord(
                        1,
                        9,
                        9,
                        new HardState(1, 0, 0),
                        WalFixture.MEMBERS,
                        EntryId.ZERO,
                        0,
                        0,
                        entries(1, 1, 1, 1));
        try (Wal wal = Wal.open(disk, SERVE)) {
            for (int i = 3; !disk.list().contains(Segments.name(3)); i++) {
                writeAndSync(wal, append(2, 1, i, i));
            }
        }
        try (Wal wal = Wal.open(disk, SERVE)) {
            assertEquals(1, wal.damaged().getFirst().replicaId());
            writeAndSync(wal, reborn);
        }
        try (Wal wal = Wal.open(disk, SERVE)) {
            assertEquals(List.of(), wal.damaged());
            assertEquals(entries(1, 1, 1, 1), readAll(wal, 1));
        }
    }

    @Test
    void aReadOfRottenBytesFails() throws Exception {
        try (Wal wal = open(disk)) {
            bounds.add(wal.endOffset());
            writeAndSync(wal, record(1, 1, 0, entries(1, 1, 1, 3)));
            disk.rot(Segments.name(1), bounds.getFirst() + 100, 4);
            assertThrows(CorruptLogException.class, () -> wal.read(1, 1, 3, 100));
        }
    }
}
