package io.somekv.storage.wal;

import io.somekv.node.log.GroupRecord;
import io.somekv.storage.disk.Disk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;

/**
 * Gives back the room of segments that no group's log reaches back to. The writing thread notes
 * which those are, and writes again what holds a segment for too long; another thread frees them.
 */
final class Reclaiming {
    /**
     * What a group may hold uncommitted, and as much again: more than that is held for another
     * reason, a snapshot on its way, and would not fit in memory.
     */
    private static final long REWRITTEN_BYTES_MAX = 128L << 20;

    private final Disk disk;
    private final WalConfig config;
    private final Segments segments;
    private final ConcurrentNavigableMap<Long, GroupLog> groups;
    private final EntryReader reader;

    /** Changed by whoever frees segments. */
    private volatile StoreIdentity identity;

    /** Segments before it hold nothing any more that is not durable elsewhere. */
    private volatile long firstNeeded;

    Reclaiming(
            Disk disk,
            WalConfig config,
            Segments segments,
            ConcurrentNavigableMap<Long, GroupLog> groups,
            StoreIdentity identity) {
        this.disk = disk;
        this.config = config;
        this.segments = segments;
        this.groups = groups;
        this.reader = new EntryReader(segments, groups);
        this.identity = identity;
        this.firstNeeded = identity.firstSegment();
    }

    /** As {@link Wal#freeSegments}. */
    void free() throws IOException {
        long first = firstNeeded;
        if (first == identity.firstSegment()) {
            return;
        }
        // The log says where it begins before what lies there goes: else a first segment that
        // got lost could not be told from one that was freed (KB-19).
        identity = new StoreIdentity(identity.storeUuid(), identity.incarnation(), first);
        identity.store(disk, config);
        segments.deleteBefore(first);
    }

    /**
     * All that was written is durable: what a log has dropped stays dropped.
     *
     * @param current number of the segment that was written to
     * @return whether there is more to be freed than was known
     */
    boolean noteFirstNeeded(long current) {
        long first = current;
        for (GroupLog log : groups.values()) {
            long position = log.runs.firstPosition();
            if (position != Position.NONE) {
                first = Math.min(first, Position.segment(position));
            }
        }
        boolean isMore = first > firstNeeded;
        firstNeeded = Math.max(firstNeeded, first);
        return isMore;
    }

    /**
     * What remains of logs whose oldest entry is too far back.
     *
     * @param current number of the segment that was written to; the next one begins
     */
    List<GroupRecord> leftBehind(long current) throws IOException {
        List<GroupRecord> again = new ArrayList<>();
        long oldest = current + 1 - config.segmentsMax();
        for (GroupLog log : groups.values()) {
            long first = log.runs.firstPosition();
            boolean isBehind = first != Position.NONE && Position.segment(first) <= oldest;
            if (isBehind && log.runs.bytes() <= REWRITTEN_BYTES_MAX) {
                again.add(log.rewritten(reader.readWhole(log)));
            }
        }
        return again;
    }
}
