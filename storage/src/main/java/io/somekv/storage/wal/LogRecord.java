package io.somekv.storage.wal;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.node.log.EntryCodec;
import io.somekv.node.log.GroupRecord;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipCodec;
import io.somekv.raft.MembershipState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One record of a frame as read back: what one group made durable at once.
 *
 * @param previous position of the record of the same replica before this one; 0 for its first
 * @param replica named by its first record, and again when its store id changes
 * @param base where it differs from that of the record before
 * @param memberships where it differs from that of the record before
 */
record LogRecord(
        long groupId,
        long previous,
        @Nullable Replica replica,
        HardState hardState,
        @Nullable MembershipState memberships,
        @Nullable Base base,
        long truncateFrom,
        List<Entry> entries) {
    /** The entry behind which the log begins, and a log time that none up to it exceeds. */
    record Base(EntryId id, long logTime) {
        static final Base NONE = new Base(EntryId.ZERO, 0);
    }

    /** Which replica of its group, and where its rows are; store 0: the replica is no more. */
    record Replica(long replicaId, long storeId) {}

    /** Checksum, size, group, previous. */
    static final int HEADER_SIZE = 24;

    /** The only kind that there is. */
    private static final int KIND_PERSIST = 1;

    private static final int HAS_REPLICA = 1;
    private static final int HAS_MEMBERSHIP = 2;
    private static final int HAS_TRUNCATION = 4;
    private static final int HAS_BASE = 8;

    /** Appends this record to a frame. */
    void encode(ByteWriter writer) {
        int start = writer.size();
        writer.i32(0).i32(0).i64(groupId).i64(previous).u8(KIND_PERSIST);
        writer.u8(
                (replica != null ? HAS_REPLICA : 0)
                        | (memberships != null ? HAS_MEMBERSHIP : 0)
                        | (truncateFrom != 0 ? HAS_TRUNCATION : 0)
                        | (base != null ? HAS_BASE : 0));
        if (replica != null) {
            writer.varLong(replica.replicaId).varLong(replica.storeId);
        }
        writer.varLong(hardState.term()).varLong(hardState.votedFor()).varLong(hardState.commit());
        if (memberships != null) {
            MembershipCodec.encode(writer, memberships);
        }
        if (truncateFrom != 0) {
            writer.varLong(truncateFrom);
        }
        if (base != null) {
            writer.varLong(base.id.term()).varLong(base.id.index()).varLong(base.logTime);
        }
        writer.varInt(entries.size());
        for (Entry entry : entries) {
            EntryCodec.encode(writer, entry);
        }
        int size = writer.size() - start;
        writer.patchI32(start + 4, size);
        writer.patchI32(start, Checksum.of(writer.view(), start + 4, size - 4));
    }

    /** At least as many bytes as the record of {@code record} will take. */
    static long sizeBound(GroupRecord record) {
        long bound = 160L + MembershipCodec.sizeMax(record.memberships());
        for (Entry entry : record.entries()) {
            bound += 40 + entry.payload().size();
        }
        return bound;
    }

    /**
     * The size of the record at {@code offset}, which ends before {@code end}; -1 where that cannot
     * be.
     */
    static int size(byte[] bytes, int offset, int end) {
        if (offset > end - HEADER_SIZE) {
            return -1;
        }
        int size = Bytes.wrap(bytes, offset + 4, 4).reader().i32();
        return size < HEADER_SIZE || size > end - offset ? -1 : size;
    }

    static boolean isSound(byte[] bytes, int offset, int size) {
        return Bytes.wrap(bytes, offset, 4).reader().i32()
                == Checksum.of(bytes, offset + 4, size - 4);
    }

    /**
     * Reads a record whose checksum fits; payloads are slices of {@code bytes}.
     *
     * @throws MalformedException when it is of a kind that this version does not write
     */
    static LogRecord decode(byte[] bytes, int offset, int size) {
        ByteReader reader = Bytes.wrap(bytes, offset + 8, size - 8).reader();
        long groupId = reader.i64();
        long previous = reader.i64();
        int kind = reader.u8();
        if (kind != KIND_PERSIST) {
            throw new MalformedException("no kind of record has the code " + kind);
        }
        int has = reader.u8();
        Replica replica =
                (has & HAS_REPLICA) != 0 ? new Replica(reader.varLong(), reader.varLong()) : null;
        HardState hardState = new HardState(reader.varLong(), reader.varLong(), reader.varLong());
        MembershipState memberships =
                (has & HAS_MEMBERSHIP) != 0 ? MembershipCodec.decodeState(reader) : null;
        long truncateFrom = (has & HAS_TRUNCATION) != 0 ? reader.varLong() : 0;
        Base base =
                (has & HAS_BASE) != 0
                        ? new Base(
                                new EntryId(reader.varLong(), reader.varLong()), reader.varLong())
                        : null;
        int count = reader.varInt(reader.remaining());
        List<Entry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(EntryCodec.decode(reader));
        }
        reader.end();
        return new LogRecord(
                groupId, previous, replica, hardState, memberships, base, truncateFrom, entries);
    }
}
