package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.readAll;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.disk.UnsyncedDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log on the disk that loses unsynced writes with its process: the frame for kill tests. */
class UnsyncedLogTest {
    @TempDir private Path folder;

    @Test
    void aKilledProcessLosesWhatItDidNotSync() throws Exception {
        try (Wal wal = open(new UnsyncedDisk(FileDisk.open(folder)))) {
            writeAndSync(wal, append(1, 1, 1, 3));
            wal.write(List.of(append(1, 1, 4, 4)));
            assertEquals(entries(1, 1, 1, 4), readAll(wal, 1));
        }
        try (Wal wal = open(FileDisk.open(folder))) {
            assertEquals(entries(1, 1, 1, 3), readAll(wal, 1));
        }
    }

    /** With the syncs of segments in use taken out, a kill loses what was acknowledged. */
    @Test
    void withoutTheSyncNothingAcknowledgedIsLeft() throws Exception {
        FileDisk real = FileDisk.open(folder);
        try (Wal wal = open(new UnsyncedDisk(real, name -> name.startsWith("segment-")))) {
            writeAndSync(wal, append(1, 1, 1, 3));
        }
        try (Wal wal = open(real)) {
            assertEquals(List.of(), wal.recovered());
        }
    }
}
