package io.somekv.storage.wal;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipCodec;
import io.somekv.raft.MembershipState;

/**
 * What stood in the log of one group when a segment began. It proves that no record of the group is
 * missing before, and is all that remains of the group when older segments go.
 */
sealed interface DirectoryEntry {
    long groupId();

    long replicaId();

    /**
     * @param base the log begins behind this entry
     * @param lastPosition of the replica's last record
     */
    record Whole(
            long groupId,
            long replicaId,
            long storeId,
            HardState hardState,
            MembershipState memberships,
            EntryId base,
            long baseLogTime,
            EntryId last,
            long lastLogTime,
            long lastPosition)
            implements DirectoryEntry {}

    /** The group was found damaged, and no new replica has taken the place of this one. */
    record Damaged(long groupId, long replicaId) implements DirectoryEntry {}

    static void encode(ByteWriter writer, DirectoryEntry entry) {
        writer.varLong(entry.groupId()).varLong(entry.replicaId());
        switch (entry) {
            case Damaged _ -> writer.bool(true);
            case Whole whole -> encodeWhole(writer.bool(false), whole);
        }
    }

    private static void encodeWhole(ByteWriter writer, Whole whole) {
        writer.varLong(whole.storeId)
                .varLong(whole.hardState.term())
                .varLong(whole.hardState.votedFor())
                .varLong(whole.hardState.commit());
        MembershipCodec.encode(writer, whole.memberships);
        writer.varLong(whole.base.term())
                .varLong(whole.base.index())
                .varLong(whole.baseLogTime)
                .varLong(whole.last.term())
                .varLong(whole.last.index())
                .varLong(whole.lastLogTime)
                .i64(whole.lastPosition);
    }

    static DirectoryEntry decode(ByteReader reader) {
        long groupId = reader.varLong();
        long replicaId = reader.varLong();
        if (reader.bool()) {
            return new Damaged(groupId, replicaId);
        }
        return new Whole(
                groupId,
                replicaId,
                reader.varLong(),
                new HardState(reader.varLong(), reader.varLong(), reader.varLong()),
                MembershipCodec.decodeState(reader),
                new EntryId(reader.varLong(), reader.varLong()),
                reader.varLong(),
                new EntryId(reader.varLong(), reader.varLong()),
                reader.varLong(),
                reader.i64());
    }
}
