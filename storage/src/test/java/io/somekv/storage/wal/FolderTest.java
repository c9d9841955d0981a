package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.storage.disk.DiskFile;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Folders that are not ours to open, and what a person is told. */
class FolderTest {
    private final MemoryDisk disk = new MemoryDisk();

    private void assertRefused(String message) {
        IOException refused = assertThrows(IOException.class, () -> open(disk));
        assertEquals(message, refused.getMessage());
    }

    @Test
    void aFolderInUse() throws Exception {
        try (Wal wal = open(disk)) {
            assertRefused("the folder memory: is in use by this process");
            writeAndSync(wal, append(1, 1, 1, 1));
        }
        open(disk).close();
    }

    @Test
    void aRefusedOpenLetsGoOfTheFolder() throws Exception {
        disk.create("holiday.jpg", 10).close();
        assertRefused(
                "memory:holiday.jpg is here and memory:identity is not: this is no log of"
                        + " some-kvstore, or a damaged one; a new one needs an empty folder");
        disk.delete("holiday.jpg");
        open(disk).close();
    }

    @Test
    void aNewerVersion() throws Exception {
        open(disk).close();
        try (DiskFile file = disk.open(StoreIdentity.FILE)) {
            file.write(8, ByteBuffer.wrap(new byte[] {0, 0, 0, 3, 9, 9, 9}));
        }
        assertRefused(
                "memory:identity has format version 3; this program understands versions up to 2"
                        + " and will not touch it: use a newer program");
    }

    @Test
    void anIdentityOfSomethingElse() throws Exception {
        disk.create(StoreIdentity.FILE, 48).close();
        assertRefused("memory:identity is no identity of a some-kvstore log");
    }

    @Test
    void aRottenIdentity() throws Exception {
        open(disk).close();
        for (int at = 12; at < 40; at++) {
            MemoryDisk rotten = disk.copy();
            rotten.rot(StoreIdentity.FILE, at, 1);
            assertThrows(CorruptLogException.class, () -> open(rotten));
        }
    }

    @Test
    void anIdentityWithoutItsLog() throws Exception {
        open(disk).close();
        disk.delete(Segments.name(1));
        assertRefused("memory:segment-0000000001 is corrupt at byte 0: the file is missing");
    }

    @Test
    void aSegmentOfAnotherStore() throws Exception {
        open(disk).close();
        MemoryDisk other = new MemoryDisk();
        Wal.open(other, WalConfig.of(new UUID(3, 3)).withSegmentSize(8192)).close();
        byte[] foreign;
        try (DiskFile file = other.open(Segments.name(1))) {
            foreign = file.read(0, 8192);
        }
        try (DiskFile file = disk.open(Segments.name(1))) {
            file.write(0, ByteBuffer.wrap(foreign));
        }
        assertRefused(
                "memory:segment-0000000001 is corrupt at byte 0: it belongs to the store"
                        + " 00000000-0000-0003-0000-000000000003");
    }
}
