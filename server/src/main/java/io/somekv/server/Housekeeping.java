package io.somekv.server;

import io.somekv.kv.engine.Engine;
import io.somekv.node.LaneInput;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.server.lane.Emergency;
import io.somekv.server.lane.LaneLoop;
import io.somekv.storage.rocks.EngineFailure;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * What keeps a node's disk in order: makes the next file of the log before it is needed, has the
 * engine flush now and then, so that logs may be dropped up to what it has kept, and frees the
 * files that are not needed any more. Where the disk has no room for that, it waits: what does not
 * fit would end the node. A flush of little goes on where there is no room for a segment: without
 * one no segment is ever free again, and no delete takes effect. One run a second, on a thread that
 * nobody waits for.
 */
final class Housekeeping {
    /** Written to the log since the last flush; the engine's own flushes do not count. */
    private static final long FLUSH_BYTES = 256L << 20;

    /** The same on a disk that is nearly full: the log's segments are freed sooner. */
    private static final long FLUSH_BYTES_NEARLY_FULL = 64L << 20;

    /** A log that is written to is flushed after so many runs at the latest. */
    private static final int FLUSH_RUNS = 60;

    /** A log of so many bytes is dropped even where a slow follower still needs it. */
    private static final long PRESSING_BYTES = 768L << 20;

    private static final long SEGMENT_BYTES = WalConfig.SEGMENT_SIZE_DEFAULT;

    /** Left free by all that is begun here: for files that grow a little meanwhile. */
    private static final long SPARE_BYTES = 16L << 20;

    /** A reserve of the disk must have room for a segment, and for the rows that memory holds. */
    static final long NEEDED_BYTES = SEGMENT_BYTES + (96L << 20) + SPARE_BYTES;

    private final Wal wal;
    private final Engine engine;
    private final List<LaneLoop> lanes;
    private final Supplier<DiskRoom> disk;
    private final Emergency emergency;

    private long flushedAtBytes;
    private int runs;

    Housekeeping(
            Wal wal,
            Engine engine,
            List<LaneLoop> lanes,
            Supplier<DiskRoom> disk,
            Emergency emergency) {
        this.wal = wal;
        this.engine = engine;
        this.lanes = List.copyOf(lanes);
        this.disk = disk;
        this.emergency = emergency;
    }

    void run() {
        try {
            // A flush lets segments go: the next one must not take the room for it.
            if (hasRoomFor(SEGMENT_BYTES + engine.unflushedBytes())) {
                wal.prepareSegment();
            }
            maybeFlush();
            wal.freeSegments();
        } catch (IOException e) {
            emergency.stop(
                    Emergency.EXIT_DISK,
                    "the log's files cannot be kept in order ("
                            + e.getMessage()
                            + "). Look after the disk, then start the node again",
                    e);
        } catch (EngineFailure e) {
            emergency.stop(
                    Emergency.EXIT_DISK,
                    e.getMessage() + ". Look after the disk, then start the node again",
                    e);
        }
    }

    /** Looks anew: what was begun last has taken its room meanwhile. */
    private boolean hasRoomFor(long bytes) {
        return disk.get().freeBytes() >= bytes + SPARE_BYTES;
    }

    private void maybeFlush() throws IOException {
        long written = wal.writtenBytes();
        runs++;
        long enough = disk.get().isNearlyFull() ? FLUSH_BYTES_NEARLY_FULL : FLUSH_BYTES;
        boolean isDue = written - flushedAtBytes >= enough || runs >= FLUSH_RUNS;
        if (!isDue || written == flushedAtBytes || !hasRoomFor(engine.unflushedBytes())) {
            return;
        }
        runs = 0;
        flushedAtBytes = written;
        engine.flush();
        boolean isPressing = wal.size() >= PRESSING_BYTES;
        for (LaneLoop lane : lanes) {
            lane.offerFromOutside(new LaneInput.Flushed(isPressing));
        }
    }
}
