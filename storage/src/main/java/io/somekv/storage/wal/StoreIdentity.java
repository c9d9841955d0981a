package io.somekv.storage.wal;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.DiskFile;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;

/**
 * Whose log a folder holds, how often it was opened, and where it begins: the file {@code
 * identity}, replaced as a whole.
 *
 * @param incarnation of the run of the process that has it open; 0 while a folder is set up
 * @param firstSegment the log needs none before it; it and all behind it must be there
 */
record StoreIdentity(UUID storeUuid, long incarnation, long firstSegment) {
    static final String FILE = "identity";

    /**
     * Version of every format in the folder; another one is refused before anything is read.
     * Version 1 was never released.
     */
    static final int FORMAT_VERSION = 2;

    private static final String NEW_FILE = FILE + Segments.NEW_SUFFIX;
    private static final long MAGIC = 0x534f4d454b564944L; // SOMEKVID
    private static final int SIZE = 48;

    /** Magic and version: what any version begins with. */
    private static final int HEAD_SIZE = 12;

    /** The identity of a folder; empty for one that has none. */
    static Optional<StoreIdentity> load(Disk disk) throws IOException {
        if (!disk.list().contains(FILE)) {
            return Optional.empty();
        }
        String path = disk.path(FILE);
        byte[] bytes;
        try (DiskFile file = disk.open(FILE)) {
            bytes = file.read(0, (int) Math.min(SIZE, file.size()));
        }
        if (bytes.length < HEAD_SIZE) {
            throw new CorruptLogException(path, bytes.length, "it ends here");
        }
        ByteReader reader = Bytes.wrap(bytes).reader();
        if (reader.i64() != MAGIC) {
            throw new IOException(path + " is no identity of a some-kvstore log");
        }
        checkVersion(reader.i32(), path);
        if (bytes.length < SIZE) {
            throw new CorruptLogException(path, bytes.length, "it ends here");
        }
        StoreIdentity identity =
                new StoreIdentity(new UUID(reader.i64(), reader.i64()), reader.i64(), reader.i64());
        if (reader.i32() != Checksum.of(bytes, 0, SIZE - 4)) {
            throw new CorruptLogException(path, 0, "the checksum does not fit");
        }
        return Optional.of(identity);
    }

    /** A log that was opened before has a segment. */
    void checkHasBegun(Recovery recovery, Disk disk) throws CorruptLogException {
        if (recovery.end == Position.NONE && incarnation > 0) {
            throw new CorruptLogException(
                    disk.path(Segments.name(firstSegment)), 0, "the file is missing");
        }
    }

    static void checkVersion(int version, String path) throws IOException {
        if (version < FORMAT_VERSION) {
            throw new IOException(
                    path
                            + " has format version "
                            + version
                            + ", which was never released; this program understands version "
                            + FORMAT_VERSION
                            + " and will not touch it: start on an empty folder");
        }
        if (version > FORMAT_VERSION) {
            throw new IOException(
                    path
                            + " has format version "
                            + version
                            + "; this program understands versions up to "
                            + FORMAT_VERSION
                            + " and will not touch it: use a newer program");
        }
    }

    /** The identity of the folder; a blank folder gets one. */
    static StoreIdentity identify(Disk disk, WalConfig config) throws IOException {
        StoreIdentity known = load(disk).orElse(null);
        if (known != null) {
            return known;
        }
        for (String name : disk.list()) {
            if (!name.endsWith(Segments.NEW_SUFFIX)) {
                throw new IOException(
                        disk.path(name)
                                + " is here and "
                                + disk.path(FILE)
                                + " is not: this is no log of some-kvstore, or a damaged one;"
                                + " a new one needs an empty folder");
            }
        }
        StoreIdentity blank = new StoreIdentity(config.newStoreUuid(), 0, 1);
        blank.store(disk, config);
        return blank;
    }

    /** Puts this identity in the place of the one before, durably. */
    void store(Disk disk, WalConfig config) throws IOException {
        ByteWriter writer =
                new ByteWriter(SIZE)
                        .i64(MAGIC)
                        .i32(FORMAT_VERSION)
                        .i64(storeUuid.getMostSignificantBits())
                        .i64(storeUuid.getLeastSignificantBits())
                        .i64(incarnation)
                        .i64(firstSegment);
        writer.i32(Checksum.of(writer.view(), 0, SIZE - 4));
        if (disk.list().contains(NEW_FILE)) {
            disk.delete(NEW_FILE);
        }
        try (DiskFile file = disk.create(NEW_FILE, SIZE)) {
            file.write(0, writer.view());
            file.sync();
        }
        disk.rename(NEW_FILE, FILE);
        Segments.syncDirectory(disk, config);
    }
}
