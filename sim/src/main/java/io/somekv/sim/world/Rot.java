package io.somekv.sim.world;

import io.somekv.storage.disk.DiskFile;
import io.somekv.storage.disk.MemoryDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A bit of a log flips. Only in the older half of what a segment holds: what nothing later vouches
 * for, the last frames, cannot be told from a torn tail on one machine (DESIGN §4), and rot there
 * is not the log's to see.
 */
final class Rot {
    /** Less than this, and the older half may be the last frames. */
    private static final int WRITTEN_MIN = 8 << 10;

    private Rot() {}

    static boolean strike(World world, long node, MemoryDisk disk, SplittableRandom random) {
        try {
            List<String> segments =
                    disk.list().stream().filter(name -> name.startsWith("segment-")).toList();
            if (segments.isEmpty()) {
                return false;
            }
            String name = segments.get(random.nextInt(segments.size()));
            int written = written(disk, name);
            if (written < WRITTEN_MIN) {
                return false;
            }
            int offset = 64 + random.nextInt(written / 2);
            disk.rot(name, offset, 1 << random.nextInt(8));
            world.trace()
                    .event(
                            Trace.Kind.FAULT,
                            node,
                            offset,
                            () -> "rot in " + name + " at " + offset);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("a disk nobody uses does not fail", e);
        }
    }

    /** Where the last byte stands that is not zero. */
    private static int written(MemoryDisk disk, String name) throws IOException {
        try (DiskFile file = disk.open(name)) {
            byte[] bytes = file.read(0, (int) file.size());
            int last = bytes.length;
            while (last > 0 && bytes[last - 1] == 0) {
                last--;
            }
            return last;
        }
    }
}
