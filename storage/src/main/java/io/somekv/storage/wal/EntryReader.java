package io.somekv.storage.wal;

import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import io.somekv.raft.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;

/**
 * Reads entries back from the segments, each record checked again: what was sound when it was
 * written may have rotted since. Any thread may, beside the one that writes, as {@link Wal} tells.
 */
final class EntryReader {
    private final Segments segments;
    private final ConcurrentNavigableMap<Long, GroupLog> groups;

    EntryReader(Segments segments, ConcurrentNavigableMap<Long, GroupLog> groups) {
        this.segments = segments;
        this.groups = groups;
    }

    /** As {@link io.somekv.node.log.SharedLog#read}. */
    List<Entry> read(long groupId, long from, long to, int sizeMax) throws IOException {
        List<Entry> entries = new ArrayList<>();
        GroupLog log = groups.get(groupId);
        if (log == null) {
            return entries;
        }
        long size = 0;
        for (EntryRuns.Run run : log.runs.find(from, to, sizeMax)) {
            for (Entry entry : readRecord(groupId, run)) {
                if (entry.index() < run.first() || entry.index() > run.last()) {
                    continue;
                }
                size += entry.payload().size();
                if (size > sizeMax && !entries.isEmpty()) {
                    return entries;
                }
                entries.add(entry);
            }
        }
        return entries;
    }

    /** All entries of a log, whatever their size. */
    List<Entry> readWhole(GroupLog log) throws IOException {
        long from = log.base.id().index() + 1;
        List<Entry> entries = read(log.groupId, from, log.lastIndex, Integer.MAX_VALUE);
        Invariant.check(entries.size() == log.lastIndex - from + 1, "a log is read whole");
        return entries;
    }

    /** Log time of a log's last entry, which is read the first time only. */
    long lastLogTime(GroupLog log) throws IOException {
        if (log.lastLogTime == GroupLog.UNKNOWN) {
            log.lastLogTime =
                    read(log.groupId, log.lastIndex, log.lastIndex, 1).getFirst().logTime();
        }
        return log.lastLogTime;
    }

    private List<Entry> readRecord(long groupId, EntryRuns.Run run) throws IOException {
        long position = run.position();
        byte[] bytes =
                segments.file(Position.segment(position))
                        .read(Position.offset(position), run.size());
        if (LogRecord.size(bytes, 0, bytes.length) == bytes.length
                && LogRecord.isSound(bytes, 0, bytes.length)) {
            try {
                LogRecord record = LogRecord.decode(bytes, 0, bytes.length);
                if (record.groupId() == groupId) {
                    return record.entries();
                }
            } catch (MalformedException e) {
                throw new IOException(segments.path(position), e);
            }
        }
        throw new CorruptLogException(
                segments.path(position),
                Position.offset(position),
                "entry " + run.first() + " of group " + groupId + " is not as it was written");
    }
}
