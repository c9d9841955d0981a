package io.somekv.sim.world;

import io.somekv.storage.disk.DiskFile;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A log does not hold any more what was synced. Only in the older half of what a segment holds:
 * what nothing later vouches for, the last frames, cannot be told from a torn tail on one machine
 * (DESIGN §4), and damage there is not the log's to see.
 */
enum Rot {
    FLIPPED_BIT {
        @Override
        boolean damage(Segment segment, SplittableRandom random) throws IOException {
            int offset = 64 + random.nextInt(segment.written / 2);
            segment.xor(offset, 1 << random.nextInt(8));
            return true;
        }
    },
    /** A sound frame stands where another one was, and where it belongs there is nothing. */
    MISDIRECTED_WRITE {
        @Override
        boolean damage(Segment segment, SplittableRandom random) throws IOException {
            List<Integer> frames = segment.frames();
            if (frames.size() < 3) {
                return false;
            }
            int which = random.nextInt(frames.size() - 1);
            int from = frames.get(which);
            int to = frames.get(random.nextInt(frames.size() - 1));
            int size = Math.min(frames.get(which + 1) - from, segment.written / 2 - to);
            if (from == to) {
                return false;
            }
            byte[] frame = Arrays.copyOfRange(segment.bytes, from, from + size);
            segment.write(from, new byte[size]);
            segment.write(to, frame);
            return true;
        }
    };

    /** Less than this, and the older half may be the last frames. */
    private static final int WRITTEN_MIN = 8 << 10;

    private static final byte[] MAGIC = "SKVF".getBytes(StandardCharsets.US_ASCII);

    abstract boolean damage(Segment segment, SplittableRandom random) throws IOException;

    /** False where there is too little of a log. */
    boolean strike(World world, long node, MemoryDisk disk, SplittableRandom random) {
        try {
            List<String> segments =
                    disk.list().stream().filter(name -> name.startsWith("segment-")).toList();
            if (segments.isEmpty()) {
                return false;
            }
            Segment segment = new Segment(disk, segments.get(random.nextInt(segments.size())));
            boolean done = segment.written >= WRITTEN_MIN && damage(segment, random);
            if (done) {
                world.trace()
                        .event(
                                Trace.Kind.FAULT,
                                node,
                                segment.written,
                                () -> this + " in " + segment.name);
            }
            return done;
        } catch (IOException e) {
            throw new UncheckedIOException("a disk nobody uses does not fail", e);
        }
    }

    /** A segment of a log, and its bytes as they were before. */
    static final class Segment {
        final MemoryDisk disk;
        final String name;
        final byte[] bytes;

        /** Where the last byte stands that is not zero. */
        final int written;

        Segment(MemoryDisk disk, String name) throws IOException {
            this.disk = disk;
            this.name = name;
            try (DiskFile file = disk.open(name)) {
                bytes = file.read(0, (int) file.size());
            }
            int last = bytes.length;
            while (last > 0 && bytes[last - 1] == 0) {
                last--;
            }
            written = last;
        }

        /** Where frames begin in the older half. */
        List<Integer> frames() {
            List<Integer> frames = new ArrayList<>();
            for (int at = 0; at < written / 2; at += Long.BYTES) {
                if (Arrays.equals(bytes, at, at + MAGIC.length, MAGIC, 0, MAGIC.length)) {
                    frames.add(at);
                }
            }
            return frames;
        }

        void write(int offset, byte[] wanted) throws IOException {
            for (int i = 0; i < wanted.length; i++) {
                xor(offset + i, bytes[offset + i] ^ wanted[i]);
            }
        }

        void xor(int offset, int bits) throws IOException {
            disk.rot(name, offset, bits);
            bytes[offset] ^= (byte) bits;
        }
    }
}
