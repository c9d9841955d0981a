package io.somekv.storage.wal;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.MalformedException;
import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.DiskFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * How a segment begins. It is durable before the segment gets its name, so a segment with an
 * unreadable header is corrupt, never torn.
 *
 * @param number of the segment, from 1, without holes
 * @param epoch in every frame of this use of the file, so that frames of an earlier use, or frames
 *     inside a value that somebody stored, are not taken for its own
 * @param firstSequence of the first frame
 * @param previousEnd where the segment before ends: all of it was durable when this one began
 */
record SegmentHeader(
        UUID storeUuid,
        long number,
        long epoch,
        long firstSequence,
        long previousEnd,
        List<DirectoryEntry> directory) {
    /** Frames begin at a multiple of this: no frame shares a page with the header. */
    static final int ALIGNMENT = 4096;

    private static final long MAGIC = 0x534f4d454b56574cL; // SOMEKVWL
    private static final int FIXED_SIZE = 68;

    static long newEpoch(UUID storeUuid, long number, long incarnation) {
        return new Hash64()
                .add(storeUuid.getMostSignificantBits())
                .add(storeUuid.getLeastSignificantBits())
                .add(number)
                .add(incarnation)
                .value();
    }

    /** The header with its padding: as many bytes as stand before the first frame. */
    ByteWriter encode() {
        ByteWriter entries = new ByteWriter(directory.size() * 128);
        directory.forEach(entry -> DirectoryEntry.encode(entries, entry));
        ByteWriter writer = new ByteWriter(ALIGNMENT + entries.size());
        writer.i64(MAGIC)
                .i32(StoreIdentity.FORMAT_VERSION)
                .i64(storeUuid.getMostSignificantBits())
                .i64(storeUuid.getLeastSignificantBits())
                .i64(number)
                .i64(epoch)
                .i64(firstSequence)
                .i64(previousEnd)
                .i32(directory.size())
                .i32(entries.size());
        writer.i32(Checksum.of(writer.view(), 0, FIXED_SIZE));
        writer.raw(entries.toBytes());
        writer.i32(Checksum.of(entries.view(), 0, entries.size()));
        while (writer.size() % ALIGNMENT != 0) {
            writer.u8(0);
        }
        return writer;
    }

    /** A header as read, and where the first frame stands. */
    record Loaded(SegmentHeader header, int firstFrame) {}

    /**
     * Reads and verifies the header of a segment.
     *
     * @throws CorruptLogException when it is not readable: then no group of the node is provably
     *     whole
     */
    static Loaded load(Disk disk, String name, DiskFile file) throws IOException {
        String path = disk.path(name);
        if (file.size() < ALIGNMENT) {
            throw new CorruptLogException(path, file.size(), "it ends within its header");
        }
        byte[] page = file.read(0, ALIGNMENT);
        ByteReader reader = Bytes.wrap(page).reader();
        if (reader.i64() != MAGIC) {
            throw new CorruptLogException(path, 0, "this is no segment of a log");
        }
        StoreIdentity.checkVersion(reader.i32(), path);
        UUID storeUuid = new UUID(reader.i64(), reader.i64());
        long number = reader.i64();
        long epoch = reader.i64();
        long firstSequence = reader.i64();
        long previousEnd = reader.i64();
        int count = reader.i32();
        int size = reader.i32();
        if (reader.i32() != Checksum.of(page, 0, FIXED_SIZE)) {
            throw new CorruptLogException(path, 0, "the checksum of the header does not fit");
        }
        int used = FIXED_SIZE + 4 + size + 4;
        int firstFrame = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] all = file.read(0, firstFrame);
        int directoryAt = FIXED_SIZE + 4;
        int checksum = Bytes.wrap(all, used - 4, 4).reader().i32();
        if (checksum != Checksum.of(all, directoryAt, size)
                || !Checksum.isZero(all, used, firstFrame)) {
            throw new CorruptLogException(path, directoryAt, "the directory is not readable");
        }
        List<DirectoryEntry> directory = new ArrayList<>();
        try {
            ByteReader entries = Bytes.wrap(all, directoryAt, size).reader();
            for (int i = 0; i < count; i++) {
                directory.add(DirectoryEntry.decode(entries));
            }
            entries.end();
        } catch (MalformedException e) {
            throw new CorruptLogException(path, directoryAt, String.valueOf(e.getMessage()));
        }
        return new Loaded(
                new SegmentHeader(storeUuid, number, epoch, firstSequence, previousEnd, directory),
                firstFrame);
    }
}
