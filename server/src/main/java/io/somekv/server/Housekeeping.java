package io.somekv.server;

import io.somekv.kv.engine.Engine;
import io.somekv.node.LaneInput;
import io.somekv.server.lane.Emergency;
import io.somekv.server.lane.LaneLoop;
import io.somekv.storage.rocks.EngineFailure;
import io.somekv.storage.wal.Wal;
import java.io.IOException;
import java.util.List;

/**
 * What keeps a node's disk in order: makes the next file of the log before it is needed, has the
 * engine flush now and then, so that logs may be dropped up to what it has kept, and frees the
 * files that are not needed any more. One run a second, on a thread that nobody waits for.
 */
final class Housekeeping {
    /** Written to the log since the last flush; the engine's own flushes do not count. */
    private static final long FLUSH_BYTES = 256L << 20;

    /** A log that is written to is flushed after so many runs at the latest. */
    private static final int FLUSH_RUNS = 60;

    /** A log of so many bytes is dropped even where a slow follower still needs it. */
    private static final long PRESSING_BYTES = 768L << 20;

    private final Wal wal;
    private final Engine engine;
    private final List<LaneLoop> lanes;
    private final Emergency emergency;

    private long flushedAtBytes;
    private int runs;

    Housekeeping(Wal wal, Engine engine, List<LaneLoop> lanes, Emergency emergency) {
        this.wal = wal;
        this.engine = engine;
        this.lanes = List.copyOf(lanes);
        this.emergency = emergency;
    }

    void run() {
        try {
            wal.prepareSegment();
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

    private void maybeFlush() throws IOException {
        long written = wal.writtenBytes();
        runs++;
        boolean isDue = written - flushedAtBytes >= FLUSH_BYTES || runs >= FLUSH_RUNS;
        if (!isDue || written == flushedAtBytes) {
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
