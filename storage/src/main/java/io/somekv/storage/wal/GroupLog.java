package io.somekv.storage.wal;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipState;
import java.util.List;
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
    final EntryRuns runs;

    long storeId;
    HardState hardState;
    MembershipState memberships;
    LogRecord.Base base = LogRecord.Base.NONE;

    /** Of the last entry; that of the base for an empty log. */
    long lastIndex;

    /**
     * Entries of an empty log's beginning up to here stand in segments that are gone; 0 for none.
     * The log is whole only once it begins behind them.
     */
    long missingThrough;

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
        this.runs = new EntryRuns(EntryId.ZERO, EntryId.ZERO);
    }

    /** As it stood when a segment began; its entries are in segments that are gone. */
    GroupLog(DirectoryEntry.Whole whole) {
        this.groupId = whole.groupId();
        this.replicaId = whole.replicaId();
        this.storeId = whole.storeId();
        this.hardState = whole.hardState();
        this.memberships = whole.memberships();
        this.base = new LogRecord.Base(whole.base(), whole.baseLogTime());
        this.lastIndex = whole.last().index();
        this.lastLogTime = whole.lastLogTime();
        this.lastPosition = whole.lastPosition();
        this.missingThrough = lastIndex > base.id().index() ? lastIndex : 0;
        this.runs = new EntryRuns(whole.base(), whole.last());
    }

    /** Whether nothing is missing of what the log should hold. */
    boolean isWhole() {
        return missingThrough <= base.id().index();
    }

    /** Whether the replica is no more. */
    boolean isGone() {
        return storeId == 0;
    }

    /**
     * What the header of a new segment says of it.
     *
     * @param knownLastLogTime of its last entry
     */
    DirectoryEntry directoryEntry(long knownLastLogTime) {
        return new DirectoryEntry.Whole(
                groupId,
                replicaId,
                storeId,
                hardState,
                memberships,
                base.id(),
                base.logTime(),
                runs.last(),
                knownLastLogTime,
                lastPosition);
    }

    RecoveredGroup describe(long logTimeOfLast) {
        return new RecoveredGroup(
                groupId,
                replicaId,
                storeId,
                hardState,
                memberships,
                base.id(),
                base.logTime(),
                runs.terms(),
                lastIndex,
                logTimeOfLast);
    }

    /** All that the log holds of this replica, as one record: what stood before is not needed. */
    GroupRecord rewritten(List<Entry> entries) {
        return new GroupRecord(
                groupId,
                replicaId,
                storeId,
                hardState,
                memberships,
                base.id(),
                base.logTime(),
                base.id().index() + 1,
                entries);
    }

    /** What of {@code record} has to be written: what the log has said already is left out. */
    LogRecord delta(GroupRecord record) {
        boolean first = lastPosition == Position.NONE;
        LogRecord.@Nullable Replica replica =
                first || record.storeId() != storeId
                        ? new LogRecord.Replica(record.replicaId(), record.storeId())
                        : null;
        LogRecord.Base newBase = new LogRecord.Base(record.base(), record.baseLogTime());
        @Nullable MembershipState changed =
                first || !record.memberships().equals(memberships) ? record.memberships() : null;
        return new LogRecord(
                groupId,
                lastPosition,
                replica,
                record.hardState(),
                changed,
                newBase.equals(base) ? null : newBase,
                record.truncateFrom(),
                record.entries());
    }

    /** Whether its first entry stands in the same segment as {@code position}. */
    boolean beginsInSegmentOf(long position) {
        long first = runs.firstPosition();
        return first != Position.NONE && Position.segment(first) == Position.segment(position);
    }

    /** Whether the entries of {@code record} follow what it leaves of the log. */
    boolean fits(LogRecord record) {
        long last = keptBefore(record);
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
        long kept = keptBefore(record);
        if (record.base() != null) {
            base = record.base();
        }
        if (!record.entries().isEmpty()) {
            lastLogTime = record.entries().getLast().logTime();
        } else if (kept == base.id().index() && (record.base() != null || kept != lastIndex)) {
            lastLogTime = base.logTime();
        } else if (kept < lastIndex) {
            lastLogTime = UNKNOWN;
        }
        missingThrough = Math.min(missingThrough, kept);
        lastIndex = kept + record.entries().size();
        lastPosition = position;
    }

    /**
     * The last index that {@code record} leaves of the log, before it appends. A log that does not
     * hold the record's base begins anew behind it. What is not yet for readers to see need not be
     * asked: a base was durable before, unless the log is cut behind it, and then it is the end.
     */
    private long keptBefore(LogRecord record) {
        long kept =
                record.truncateFrom() == 0
                        ? lastIndex
                        : Math.min(lastIndex, record.truncateFrom() - 1);
        LogRecord.Base newBase = record.base();
        if (newBase == null || (newBase.id().index() <= kept && runs.holds(newBase.id()))) {
            return kept;
        }
        return newBase.id().index();
    }
}
