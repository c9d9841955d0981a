package io.somekv.storage.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.log.GroupRecord;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real folder, and the log on it with many threads. */
class FileDiskTest {
    private static final UUID STORE = new UUID(1, 2);

    @TempDir private Path folder;

    @Test
    void filesAreMadeWrittenRenamedAndDeleted() throws Exception {
        FileDisk disk = FileDisk.open(folder.resolve("a/b"));
        try (DiskFile file = disk.create("x.new", 3_000_000)) {
            assertEquals(3_000_000, file.size());
            file.write(2_000_000, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            file.sync();
            assertArrayEquals(new byte[] {0, 1, 2, 3, 0}, file.read(1_999_999, 5));
            assertThrows(EOFException.class, () -> file.read(2_999_999, 2));
        }
        disk.rename("x.new", "x");
        disk.syncDirectory();
        assertEquals(List.of("x"), disk.list());
        try (DiskFile file = disk.open("x")) {
            assertEquals(3, file.read(2_000_002, 1)[0]);
        }
        disk.delete("x");
        assertEquals(List.of(), disk.list());
    }

    @Test
    void onlyOneHoldsTheLock() throws Exception {
        FileDisk disk = FileDisk.open(folder);
        try (Closeable lock = disk.lock()) {
            IOException refused = assertThrows(IOException.class, disk::lock);
            assertEquals(
                    "the folder " + folder + " is in use by this process", refused.getMessage());
            assertTrue(lock != null);
        }
        disk.lock().close();
        assertEquals(List.of(), disk.list());
    }

    /**
     * Readers are interrupted without end while one thread writes, syncs and changes segments: an
     * interrupt would close a FileChannel that they shared with it.
     */
    @Test
    @Tag("kb-44")
    void interruptsOfReadersHarmNobody() throws Exception {
        WalConfig config = WalConfig.of(STORE).withSegmentSize(64 << 10);
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong written = new AtomicLong();
        AtomicLong reads = new AtomicLong();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Wal wal = Wal.open(FileDisk.open(folder), config)) {
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                Thread reader =
                        new Thread(() -> {
                            try {
                                while (!done.get()) {
                                    readOnce(wal, written.get());
                                    reads.incrementAndGet();
                                }
                            } catch (IOException | RuntimeException | Error e) {
                                failure.set(e);
                            }
                        });
                reader.start();
                readers.add(reader);
            }
            for (int i = 1; i <= 400; i++) {
                wal.write(List.of(append(i)));
                wal.sync();
                written.set(i);
                readers.forEach(Thread::interrupt);
            }
            while (reads.get() < 100 && failure.get() == null) {
                readers.forEach(Thread::interrupt);
                Thread.onSpinWait();
            }
            done.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
        }
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
        try (Wal wal = Wal.open(FileDisk.open(folder), config)) {
            assertEquals(400, wal.recovered().getFirst().lastIndex());
            for (long from = 1; from <= 400; from += 10) {
                readOnce(wal, from);
            }
        }
    }

    /** Reads around an entry that is known to be there, and checks what comes. */
    private static void readOnce(Wal wal, long written) throws IOException {
        if (written == 0) {
            return;
        }
        long from = Math.max(1, written - 5);
        List<Entry> found = wal.read(1, from, written, 1 << 20);
        assertEquals(written - from + 1, found.size());
        for (Entry entry : found) {
            assertEquals(payload(entry.index()), entry.payload());
        }
    }

    private static GroupRecord append(long index) {
        Entry entry = new Entry(new EntryId(1, index), EntryKind.COMMANDS, 7, payload(index));
        MembershipState members =
                MembershipState.initial(Membership.of(List.of(new Member(1, 1, STORE))));
        return new GroupRecord(
                1, 1, 1, new HardState(1, 1, 0), members, EntryId.ZERO, 0, 0, List.of(entry));
    }

    private static Bytes payload(long index) {
        return Bytes.utf8(("entry " + index + " ").repeat(1 + (int) (index % 60)));
    }
}
