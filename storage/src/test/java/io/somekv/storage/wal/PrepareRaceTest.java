package io.somekv.storage.wal;

import static io.somekv.storage.wal.WalFixture.append;
import static io.somekv.storage.wal.WalFixture.entries;
import static io.somekv.storage.wal.WalFixture.open;
import static io.somekv.storage.wal.WalFixture.readAll;
import static io.somekv.storage.wal.WalFixture.writeAndSync;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.DiskFile;
import io.somekv.storage.disk.MemoryDisk;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The background thread prepares a segment just when the writer has taken the one before and not
 * yet given it its own name: it must not find that name taken.
 */
final class PrepareRaceTest {
    /** Has another thread prepare a segment at the worst moment of each rename. */
    private static final class RacingDisk implements Disk {
        private final MemoryDisk inner = new MemoryDisk();
        private final List<FutureTask<?>> races = new ArrayList<>();
        private @Nullable Wal wal;

        @Override
        public void rename(String from, String to) throws IOException {
            Wal racing = wal;
            if (racing != null) {
                FutureTask<?> race = new FutureTask<>(() -> prepare(racing));
                races.add(race);
                Thread racer = new Thread(race);
                racer.start();
                while (racer.isAlive() && racer.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
            }
            inner.rename(from, to);
        }

        private static boolean prepare(Wal racing) throws IOException {
            racing.prepareSegment();
            return true;
        }

        @Override
        public DiskFile create(String name, long size) throws IOException {
            return inner.create(name, size);
        }

        @Override
        public DiskFile open(String name) throws IOException {
            return inner.open(name);
        }

        @Override
        public void delete(String name) throws IOException {
            inner.delete(name);
        }

        @Override
        public List<String> list() throws IOException {
            return inner.list();
        }

        @Override
        public void syncDirectory() throws IOException {
            inner.syncDirectory();
        }

        @Override
        public Closeable lock() throws IOException {
            return inner.lock();
        }

        @Override
        public String path(String name) {
            return inner.path(name);
        }
    }

    @Test
    void aSegmentPreparedWhileOneStartsWaitsForItsName() throws Exception {
        RacingDisk disk = new RacingDisk();
        try (Wal wal = open(disk)) {
            disk.wal = wal;
            for (int i = 1; i <= 300; i++) {
                writeAndSync(wal, append(1, 1, i, i));
            }
            assertFalse(disk.races.isEmpty(), "segments were started");
            for (FutureTask<?> race : disk.races) {
                race.get();
            }
            assertEquals(entries(1, 1, 1, 300), readAll(wal, 1));
        }
    }
}
