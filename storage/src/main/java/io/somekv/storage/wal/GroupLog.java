package io.somekv.storage.wal;

import io.somekv.node.log.GroupRecord;
import io.somekv.raft.Entry;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipState;
import org.jspecify.annotations.Nullable;

/**
 * What the log holds of one replica. The writing thread owns it, and lets it run ahead to what is
 * being written; {@link #runs} alone is for all, and speaks only of what was written.
 */
final class GroupLog {
    /** Of {@link #lastLogTime}: a truncation left an entry at the end that was not looked at. */
    static final long UNKNOWN = -1;

    final long groupId;
    final long replicaId;
    final EntryRuns runs = new EntryRuns();

    long storeId;
    HardState hardState;
    MembershipState memberships;

    /** Of the last entry; 0 for an empty log. */
    long lastIndex;

    /** Of the last entry; 0 for an empty log, or {@link #UNKNOWN}. */
    long lastLogTime;

    /** Of the replica's latest record; {@link Position#NONE} before its first. */
    long lastPosition;

    GroupLog(
            long groupId,
            LogRecord.Replica replica,
            HardState hardState,
            MembershipState memberships) {
        this.groupId = groupId;
        this.replicaId = replica.replicaId();
        this.storeId = replica.storeId();
        this.hardState = hardState;
        this.memberships = memberships;
    }

    /** What of {@code record} has to be written: what the log has said already is left out. */
    LogRecord delta(GroupRecord record) {
        boolean first = lastPosition == Position.NONE;
        LogRecord.@Nullable Replica replica =
                first || record.storeId() != storeId
                        ? new LogRecord.Replica(record.replicaId(), record.storeId())
                        : null;
        @Nullable MembershipState changed =
                first || !record.memberships().equals(memberships) ? record.memberships() : null;
        return new LogRecord(
                groupId,
                lastPosition,
                replica,
                record.hardState(),
                changed,
                record.truncateFrom(),
                record.entries());
    }

    /** Whether the entries of {@code record} follow what it leaves of the log. */
    boolean fits(LogRecord record) {
        long last = lastIndexBefore(record);
        for (Entry entry : record.entries()) {
            if (entry.index() != ++last) {
                return false;
            }
        }
        return true;
    }

    /** Takes in all of a record that stands at {@code position}, except for {@link #runs}. */
    void change(LogRecord record, long position) {
        if (record.replica() != null) {
            storeId = record.replica().storeId();
        }
        hardState = record.hardState();
        if (record.memberships() != null) {
            memberships = record.memberships();
        }
        long kept = lastIndexBefore(record);
        if (!record.entries().isEmpty()) {
            lastLogTime = record.entries().getLast().logTime();
        } else if (kept == 0) {
            lastLogTime = 0;
        } else if (kept < lastIndex) {
            lastLogTime = UNKNOWN;
        }
        lastIndex = kept + record.entries().size();
        lastPosition = position;
    }

    private long lastIndexBefore(LogRecord record) {
        return record.truncateFrom() == 0
                ? lastIndex
                : Math.min(lastIndex, record.truncateFrom() - 1);
    }
}
