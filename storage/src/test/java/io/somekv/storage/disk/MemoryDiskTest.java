package io.somekv.storage.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The disk that does its worst does it, and keeps what it promised. */
class MemoryDiskTest {
    private static ByteBuffer filled(int size, int value) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    /** Two sectors, written twice: each is one of three things afterwards, and all nine happen. */
    @Test
    void aPowerCutTearsUnsyncedWritesBySector() throws Exception {
        TreeSet<String> seen = new TreeSet<>();
        for (int seed = 0; seed < 200; seed++) {
            MemoryDisk disk = new MemoryDisk();
            DiskFile file = disk.create("f", 1024);
            disk.syncDirectory();
            file.write(0, filled(1024, 1));
            file.write(0, filled(1024, 2));
            disk.crash(new SplittableRandom(seed));
            byte[] left = disk.open("f").read(0, 1024);
            for (int i = 0; i < 1024; i++) {
                assertEquals(left[i / 512 * 512], left[i], "a sector is not torn");
            }
            seen.add(left[0] + "," + left[512]);
        }
        assertEquals(9, seen.size(), seen.toString());
    }

    @Test
    void whatWasSyncedStays() throws Exception {
        for (int seed = 0; seed < 50; seed++) {
            MemoryDisk disk = new MemoryDisk();
            DiskFile file = disk.create("f.new", 512);
            file.write(0, filled(512, 1));
            file.sync();
            disk.rename("f.new", "f");
            disk.syncDirectory();
            disk.crash(new SplittableRandom(seed));
            assertEquals(List.of("f"), disk.list());
            assertArrayEquals(filled(512, 1).array(), disk.open("f").read(0, 512));
        }
    }

    @Test
    @Tag("kb-17")
    void unsyncedNamesComeAndGo() throws Exception {
        TreeSet<String> seen = new TreeSet<>();
        for (int seed = 0; seed < 100; seed++) {
            MemoryDisk disk = new MemoryDisk();
            disk.create("old", 1);
            disk.syncDirectory();
            disk.create("x.new", 1);
            disk.rename("x.new", "x");
            disk.delete("old");
            disk.crash(new SplittableRandom(seed));
            seen.add(disk.list().toString());
        }
        assertEquals(
                new TreeSet<>(List.of("[]", "[old, x.new]", "[old, x]", "[old]", "[x.new]", "[x]")),
                seen);
    }

    @Test
    @Tag("kb-16")
    void aFailedSyncIsForgottenByTheNext() throws Exception {
        TreeSet<Byte> seen = new TreeSet<>();
        for (int seed = 0; seed < 50; seed++) {
            MemoryDisk disk = new MemoryDisk();
            DiskFile file = disk.create("f", 512);
            disk.syncDirectory();
            file.write(0, filled(512, 1));
            disk.fail(DiskOperation.SYNC, 1);
            assertThrows(IOException.class, file::sync);
            file.sync();
            assertEquals(1, file.read(0, 1)[0]);
            disk.crash(new SplittableRandom(seed));
            seen.add(disk.open("f").read(0, 1)[0]);
        }
        assertEquals(new TreeSet<>(List.of((byte) 0, (byte) 1)), seen);
    }

    @Test
    void whenThePowerIsGoneNothingWorksUntilItIsBack() throws Exception {
        MemoryDisk disk = new MemoryDisk();
        disk.cutPowerAfter(2);
        DiskFile file = disk.create("f", 512);
        disk.syncDirectory();
        assertThrows(IOException.class, () -> file.write(0, filled(512, 1)));
        assertThrows(IOException.class, disk::list);
        disk.crash(new SplittableRandom(1));
        assertThrows(IOException.class, () -> file.read(0, 1));
        assertEquals(List.of("f"), disk.list());
    }
}
