package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.HardState;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipState;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The log is dropped up to what the engine has flushed, and its segments are freed. Wherever a
 * crash comes in between, what the engine has not, the log still has, and nothing is applied that
 * the log does not hold.
 */
class LogAndEngineTest {
    private static final UUID DISK = new UUID(1, 2);
    private static final MembershipState MEMBERS =
            MembershipState.initial(Membership.of(List.of(new Member(1, 11, DISK))));
    private static final WalConfig CONFIG =
            WalConfig.of(DISK).withSegmentSize(8192).withSegmentsMax(3);
    private static final int ENTRIES = 240;

    /** So many entries between two flushes. */
    private static final int FLUSH_GAP = 40;

    @TempDir private Path folder;

    private int crashes;

    @Test
    @Tag("kb-26")
    void whatTheEngineLacksTheLogHolds() throws Exception {
        Path log = folder.resolve("log");
        try (Wal wal = Wal.open(FileDisk.open(log), CONFIG);
                RocksEngine engine =
                        RocksEngine.open(folder.resolve("rows"), 1 << 20, 1 << 20, _ -> {})) {
            for (long index = 1; index <= ENTRIES; index++) {
                wal.write(List.of(record(engine.flushedApplied(1), List.of(entry(index)))));
                boolean isWatched = index % FLUSH_GAP < 2;
                crashIf(isWatched, engine, log);
                wal.sync();
                engine.apply(new WriteBatch(1, index).put(row(index), Bytes.utf8("value")));
                crashIf(isWatched, engine, log);
                if (index % FLUSH_GAP == 0) {
                    engine.flush();
                    crashIf(true, engine, log);
                    wal.write(List.of(record(engine.flushedApplied(1), List.of())));
                    wal.sync();
                    crashIf(true, engine, log);
                    wal.freeSegments();
                    crashIf(true, engine, log);
                }
            }
            assertTrue(wal.size() < 5 * 8192, "segments were freed");
        }
    }

    private void crashIf(boolean isWatched, RocksEngine engine, Path log) throws IOException {
        if (!isWatched) {
            return;
        }
        Path rows = folder.resolve("rows-" + ++crashes);
        Path logCopy = Files.createDirectory(folder.resolve("log-" + crashes));
        CrashedCopy.make(engine, rows);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(log)) {
            for (Path file : files) {
                Files.copy(file, logCopy.resolve(file.getFileName()));
            }
        }
        try (Wal wal = Wal.open(FileDisk.open(logCopy), CONFIG);
                RocksEngine found = RocksEngine.open(rows)) {
            RecoveredGroup group = wal.recovered().getFirst();
            long applied = found.applied(1);
            assertTrue(group.base().index() <= applied, "dropped, and not in the engine");
            assertTrue(applied <= group.lastIndex(), "applied, and not in the log");
            for (long index = 1; index <= group.lastIndex(); index++) {
                if (index <= applied) {
                    assertTrue(found.get(row(index)).isPresent(), "row " + index);
                } else {
                    assertFalse(found.get(row(index)).isPresent(), "row " + index);
                    List<Entry> read = wal.read(1, index, index, 1 << 10);
                    assertEquals(List.of(entry(index)), read);
                }
            }
        }
    }

    private static GroupRecord record(long base, List<Entry> entries) {
        EntryId id = base == 0 ? EntryId.ZERO : new EntryId(1, base);
        HardState state = new HardState(1, 1, 0);
        return new GroupRecord(1, 1, 1, state, MEMBERS, id, base, 0, entries);
    }

    private static Entry entry(long index) {
        Bytes payload = Bytes.wrap(new byte[500]);
        return new Entry(new EntryId(1, index), EntryKind.COMMANDS, index, payload);
    }

    private static Bytes row(long index) {
        return EngineKey.of(1, 0, 1, 1, Bytes.utf8("key " + index));
    }
}
