package io.somekv.bench.drill;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * One bit of the log of a node that does not run, to be turned and turned back. It lies in a frame
 * that a later frame of the same segment vouches for with its {@code syncedThrough}
 * (docs/FORMATS.md): the node cannot take it for the torn tail of a power cut, so that to start
 * from what is before it would be to forget promises.
 *
 * @param position of its byte in the file
 * @param mask with the bit set
 */
record WalBit(Path file, long position, int mask) {
    private static final int FRAME = 0x534b5646; // SKVF
    private static final int FRAME_HEADER_SIZE = 48;
    private static final int DIRECTORY_AT = 72;
    private static final int DIRECTORY_SIZE_AT = 64;
    private static final int BLOCK_SIZE = 4096;

    /** A bit of the log in {@code folder}; none if no frame is vouched for. */
    static Optional<WalBit> choose(Path folder, long place) throws IOException {
        SplittableRandom random = new SplittableRandom(place);
        List<Path> segments;
        try (Stream<Path> files = Files.list(folder)) {
            segments =
                    files.filter(file -> file.getFileName().toString().matches("segment-[0-9]+"))
                            .sorted()
                            .toList();
        }
        Path file = segments.get(random.nextInt(segments.size()));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            int first = firstFrame(bytes);
            int end = vouchedEnd(bytes, first);
            if (end <= first) {
                return Optional.empty();
            }
            int position = random.nextInt(first, end);
            return Optional.of(new WalBit(file, position, 1 << random.nextInt(8)));
        }
    }

    private static int firstFrame(ByteBuffer segment) {
        int header = DIRECTORY_AT + segment.getInt(DIRECTORY_SIZE_AT) + Integer.BYTES;
        return (header + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
    }

    /** The furthest offset that a frame of this segment says was durable. */
    private static int vouchedEnd(ByteBuffer segment, int first) {
        int end = first;
        int at = first;
        while (at + FRAME_HEADER_SIZE <= segment.limit() && segment.getInt(at) == FRAME) {
            long segmentNumber = segment.getLong(at + 20) >>> Integer.SIZE;
            long syncedThrough = segment.getLong(at + 36);
            if (syncedThrough >>> Integer.SIZE == segmentNumber) {
                end = Math.max(end, (int) syncedThrough);
            }
            int size = FRAME_HEADER_SIZE + segment.getInt(at + 4);
            at += (size + 7) / 8 * 8;
        }
        return Math.min(end, at);
    }

    /** Makes it the other one; a second call makes it what it was. */
    void turn() throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(position);
            int old = bytes.read();
            bytes.seek(position);
            bytes.write(old ^ mask);
        }
    }

    @Override
    public String toString() {
        return "bit %02x of byte %d of %s".formatted(mask, position, file.getFileName());
    }
}
