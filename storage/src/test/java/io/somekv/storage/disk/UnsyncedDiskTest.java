package io.somekv.storage.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was not synced is in the process alone: another look at the folder does not find it. */
class UnsyncedDiskTest {
    @TempDir private Path folder;

    private byte[] seenByOthers() throws Exception {
        try (DiskFile file = FileDisk.open(folder).open("f")) {
            return file.read(0, 6);
        }
    }

    @Test
    void writesAreSeenAtOnceHereAndAfterASyncByOthers() throws Exception {
        UnsyncedDisk disk = new UnsyncedDisk(FileDisk.open(folder));
        try (DiskFile file = disk.create("f", 6)) {
            file.write(1, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            file.write(3, ByteBuffer.wrap(new byte[] {9, 8}));
            assertArrayEquals(new byte[] {0, 1, 2, 9, 8, 0}, file.read(0, 6));
            assertArrayEquals(new byte[] {2, 9}, file.read(2, 2));
            assertArrayEquals(new byte[6], seenByOthers());
            file.sync();
            assertArrayEquals(new byte[] {0, 1, 2, 9, 8, 0}, seenByOthers());
            file.write(0, ByteBuffer.wrap(new byte[] {7}));
        }
        assertEquals(0, seenByOthers()[0]);
    }

    @Test
    void withTheSyncTakenOutNothingArrives() throws Exception {
        UnsyncedDisk disk = new UnsyncedDisk(FileDisk.open(folder), name -> name.equals("f"));
        try (DiskFile file = disk.create("f.new", 6)) {
            file.write(0, ByteBuffer.wrap(new byte[] {5}));
            file.sync();
            disk.rename("f.new", "f");
            assertEquals(5, seenByOthers()[0]);
            file.write(1, ByteBuffer.wrap(new byte[] {6}));
            file.sync();
            assertArrayEquals(new byte[] {5, 6}, file.read(0, 2));
            assertEquals(0, seenByOthers()[1]);
        }
    }
}
