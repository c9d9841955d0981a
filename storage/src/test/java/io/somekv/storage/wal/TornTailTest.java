package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.CONFIG;
import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.readAll;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.raft.Entry;
import io.somekv.storage.disk.DiskFile;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a power cut may leave of the last frames is cut, and never comes back. */
class TornTailTest {
    private static final String SEGMENT = Segments.name(1);

    private final MemoryDisk disk = new MemoryDisk();

    /** Where each of the frames of {@link #disk} begins, and where the last one ends. */
    private final List<Integer> bounds = new ArrayList<>();

    /** Entries 1 to 3 of group 1, each in a frame of its own. */
    @BeforeEach
    void writeThreeFrames() throws Exception {
        try (Wal wal = open(disk)) {
            bounds.add(wal.endOffset());
            for (int i = 1; i <= 3; i++) {
                writeAndSync(wal, append(1, 1, i, i));
                bounds.add(wal.endOffset());
            }
        }
    }

    @Test
    @Tag("kb-18")
    void aTailCutAtAnyByteIsDroppedAndWrittenOver() throws Exception {
        for (int at = bounds.get(2); at < bounds.get(3); at++) {
            MemoryDisk torn = disk.copy();
            overwrite(torn, at, new byte[bounds.get(3) - at]);
            // The last bytes of a frame are padding: cutting there leaves the frame as it was.
            long left = entriesLeft(torn);
            assertEquals(isPadding(at) ? 3 : 2, left, "cut at " + at);
            assertGoesOnAfter(torn, left);
        }
    }

    @Test
    @Tag("kb-18")
    void aTailGarbledAtAnyByteIsDroppedAndWrittenOver() throws Exception {
        for (int at = bounds.get(2); at < bounds.get(3); at++) {
            for (int xor : new int[] {0xff, 1 << (at & 7)}) {
                MemoryDisk torn = disk.copy();
                torn.rot(SEGMENT, at, xor);
                assertEquals(2, entriesLeft(torn), "garbled at " + at);
                assertGoesOnAfter(torn, 2);
            }
        }
    }

    @Test
    @Tag("kb-18")
    void garbageBehindTheLogIsDropped() throws Exception {
        byte[] garbage = new byte[1000];
        new SplittableRandom(1).nextBytes(garbage);
        overwrite(disk, bounds.get(3), garbage);
        assertGoesOnAfter(disk, 3);
    }

    /**
     * 1. Frames 4 and 5 are written, and the power goes during their sync: 5 reaches the disk, 4
     * does not. 2. This is no corruption: nothing was acknowledged. 3. Another frame 4, of the same
     * size, is written. Now the old 5 stands where the next frame would.
     */
    @Test
    @Tag("kb-18")
    @Tag("kb-52")
    void aLaterFrameWithoutTheOneBeforeIsDroppedForGood() throws Exception {
        int start = bounds.get(3);
        int size;
        try (Wal wal = open(disk)) {
            wal.write(List.of(append(1, 1, 4, 4)));
            size = wal.endOffset() - start;
            wal.write(List.of(append(1, 1, 5, 5)));
            wal.sync();
        }
        overwrite(disk, start, new byte[size]);
        try (Wal wal = open(disk)) {
            assertEquals(entries(1, 1, 1, 3), readAll(wal, 1));
            writeAndSync(wal, append(1, 2, 4, 4));
            assertEquals(start + size, wal.endOffset());
        }
        try (Wal wal = open(disk)) {
            List<Entry> expected = new ArrayList<>(entries(1, 1, 1, 3));
            expected.addAll(entries(1, 2, 4, 4));
            assertEquals(expected, readAll(wal, 1));
        }
    }

    /** A frame of another use of the file, at its very place and with the very next number. */
    @Test
    @Tag("kb-52")
    void framesOfAnEarlierUseOfTheFileAreNotTaken() throws Exception {
        MemoryDisk other = new MemoryDisk();
        try (Wal wal = Wal.open(other, WalConfig.of(new UUID(4, 4)).withSegmentSize(8192))) {
            for (int i = 1; i <= 5; i++) {
                writeAndSync(wal, append(1, 1, i, i));
            }
        }
        byte[] stale;
        try (DiskFile file = other.open(SEGMENT)) {
            stale = file.read(bounds.get(3), 8192 - bounds.get(3));
        }
        overwrite(disk, bounds.get(3), stale);
        assertGoesOnAfter(disk, 3);
    }

    /** A value may hold the image of a frame: it stands at another position than it says. */
    @Test
    @Tag("kb-52")
    void aFrameInsideAValueIsNotTaken() throws Exception {
        byte[] image;
        try (DiskFile file = disk.open(SEGMENT)) {
            image = file.read(bounds.get(1), bounds.get(3) - bounds.get(1));
        }
        overwrite(disk, bounds.get(3) + 64, image);
        assertGoesOnAfter(disk, 3);
    }

    private static long entriesLeft(MemoryDisk torn) throws IOException {
        try (Wal wal = open(torn.copy())) {
            return wal.recovered().getFirst().lastIndex();
        }
    }

    private boolean isPadding(int at) throws IOException {
        try (DiskFile file = disk.open(SEGMENT)) {
            byte[] rest = file.read(at, bounds.get(3) - at);
            return Checksum.isZero(rest, 0, rest.length);
        }
    }

    /** The log has {@code left} entries; one more is appended, and stays. */
    private static void assertGoesOnAfter(MemoryDisk torn, long left) throws IOException {
        try (Wal wal = Wal.open(torn, CONFIG)) {
            assertEquals(entries(1, 1, 1, left), readAll(wal, 1));
            writeAndSync(wal, append(1, 1, left + 1, left + 1));
        }
        try (Wal wal = Wal.open(torn, CONFIG)) {
            assertEquals(entries(1, 1, 1, left + 1), readAll(wal, 1));
        }
    }

    private static void overwrite(MemoryDisk target, int at, byte[] bytes) throws IOException {
        try (DiskFile file = target.open(SEGMENT)) {
            file.write(at, ByteBuffer.wrap(bytes));
            file.sync();
        }
    }
}
