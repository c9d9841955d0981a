package io.somekv.storage.wal;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * How a frame, which is one sync batch, begins.
 *
 * @param recordsSize bytes of records behind the header; padding follows up to {@link #ALIGNMENT}
 * @param position of the frame itself
 * @param sequence one more than that of the frame before
 * @param syncedThrough all before this position was durable when the frame was written: bad bytes
 *     there are corruption, not a torn tail
 */
record FrameHeader(
        int recordsSize,
        int recordCount,
        long epoch,
        long position,
        long sequence,
        long syncedThrough) {
    static final int SIZE = 48;

    /** Frames begin at multiples of this. */
    static final int ALIGNMENT = 8;

    private static final int MAGIC = 0x534b5646; // SKVF

    /** Bytes that the frame takes with header and padding. */
    long frameSize() {
        return padded(SIZE + (long) recordsSize);
    }

    static long padded(long size) {
        return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Begins a frame in an empty {@code writer}; its records follow. */
    void begin(ByteWriter writer) {
        writer.i32(MAGIC)
                .i32(recordsSize)
                .i32(recordCount)
                .i64(epoch)
                .i64(position)
                .i64(sequence)
                .i64(syncedThrough)
                .i32(0);
    }

    /** Puts size and checksum into the header of the frame that {@code writer} holds, and pads. */
    static void complete(ByteWriter writer) {
        writer.patchI32(4, writer.size() - SIZE);
        writer.patchI32(SIZE - 4, Checksum.of(writer.view(), 0, SIZE - 4));
        while (writer.size() % ALIGNMENT != 0) {
            writer.u8(0);
        }
    }

    /** The header at {@code offset} of a segment; null where there is none of this use of it. */
    static @Nullable FrameHeader find(byte[] segment, int offset, long epoch, long position) {
        if (offset > segment.length - SIZE || segment[offset] != (byte) (MAGIC >> 24)) {
            return null;
        }
        ByteReader reader = Bytes.wrap(segment, offset, SIZE).reader();
        if (reader.i32() != MAGIC) {
            return null;
        }
        int recordsSize = reader.i32();
        int recordCount = reader.i32();
        FrameHeader header =
                new FrameHeader(
                        recordsSize,
                        recordCount,
                        reader.i64(),
                        reader.i64(),
                        reader.i64(),
                        reader.i64());
        boolean sound =
                reader.i32() == Checksum.of(segment, offset, SIZE - 4)
                        && header.epoch == epoch
                        && header.position == position
                        && recordsSize >= 0
                        && offset + header.frameSize() <= segment.length;
        return sound ? header : null;
    }
}
