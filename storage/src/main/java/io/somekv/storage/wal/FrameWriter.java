package io.somekv.storage.wal;

import io.somekv.base.ByteWriter;
import io.somekv.base.Invariant;
import io.somekv.node.log.GroupRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Encodes a sync batch as one frame, straight into a buffer that serves again for the next, and
 * remembers where each record stands in it.
 */
final class FrameWriter {
    /** A larger buffer, which a large value left behind, is not kept. */
    private static final int KEPT_SIZE_MAX = 8 << 20;

    /** A record, and the place it gets. */
    private record Placed(GroupLog log, LogRecord record, long position, int size) {}

    private ByteWriter writer = new ByteWriter(1 << 16);
    private final List<Placed> placed = new ArrayList<>();

    /** At least as many bytes as the frame of {@code records} will take. */
    static long sizeBound(List<GroupRecord> records) {
        long bound = FrameHeader.SIZE + FrameHeader.ALIGNMENT;
        for (GroupRecord record : records) {
            bound += LogRecord.sizeBound(record);
        }
        return bound;
    }

    /** The frame of {@code records}; the groups' logs run ahead. Good until the next call. */
    ByteBuffer encode(FrameHeader header, List<GroupRecord> records, Map<Long, GroupLog> groups) {
        if (writer.size() > KEPT_SIZE_MAX) {
            writer = new ByteWriter(1 << 16);
        }
        placed.clear();
        header.begin(writer.clear());
        for (GroupRecord record : records) {
            GroupLog log = groups.get(record.groupId());
            if (log == null || log.replicaId != record.replicaId()) {
                // A replica that was removed and added again starts with an empty log.
                log =
                        new GroupLog(
                                record.groupId(),
                                new LogRecord.Replica(record.replicaId(), record.storeId()),
                                record.hardState(),
                                record.memberships());
                groups.put(record.groupId(), log);
            }
            LogRecord delta = log.delta(record);
            Invariant.check(log.fits(delta), "entries follow the log");
            int start = writer.size();
            delta.encode(writer);
            long position = header.position() + start;
            log.change(delta, position);
            placed.add(new Placed(log, delta, position, writer.size() - start));
        }
        FrameHeader.complete(writer);
        return writer.view();
    }

    /**
     * The frame was written: readers may find its entries. Replicas that are no more are gone.
     *
     * @return whether a log begins in another segment than before, or is no more
     */
    boolean publish(Map<Long, GroupLog> groups) {
        boolean isAnyDropped = false;
        for (Placed each : placed) {
            LogRecord record = each.record;
            long first = each.log.runs.firstPosition();
            each.log.runs.change(record, each.position, each.size);
            isAnyDropped |=
                    each.log.isGone()
                            || (first != Position.NONE && !each.log.beginsInSegmentOf(first));
            if (each.log.isGone()) {
                groups.remove(record.groupId(), each.log);
            }
        }
        placed.clear();
        return isAnyDropped;
    }
}
