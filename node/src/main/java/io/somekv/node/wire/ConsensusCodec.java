package io.somekv.node.wire;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.node.log.EntryCodec;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.MembershipCodec;
import io.somekv.raft.Message;
import io.somekv.raft.Message.AppendAccepted;
import io.somekv.raft.Message.AppendEntries;
import io.somekv.raft.Message.AppendRejected;
import io.somekv.raft.Message.Gone;
import io.somekv.raft.Message.Inquiry;
import io.somekv.raft.Message.InstallSnapshot;
import io.somekv.raft.Message.Introduce;
import io.somekv.raft.Message.PreVote;
import io.somekv.raft.Message.PreVoteReply;
import io.somekv.raft.Message.Question;
import io.somekv.raft.Message.Quiesce;
import io.somekv.raft.Message.ReadIndex;
import io.somekv.raft.Message.ReadIndexReply;
import io.somekv.raft.Message.RequestVote;
import io.somekv.raft.Message.RequestVoteReply;
import io.somekv.raft.Message.SnapshotAccepted;
import io.somekv.raft.Message.TimeoutNow;
import io.somekv.raft.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * The body of a {@link io.somekv.protocol.frame.Frame.Consensus}: a version, a count, then messages
 * of any groups, each with its group, type, sender, receiver and term. Entries stand in it with the
 * bytes they have in the log.
 */
public final class ConsensusCodec {
    private static final int VERSION = 1;
    private static final int MESSAGES_MAX = 1 << 16;
    private static final int ENTRIES_MAX = 1 << 16;

    /** A byte of type, ten numbers at most, and a flag. */
    private static final int MESSAGE_SIZE_MAX = 102;

    /** An entry without its payload: a byte of kind, and four numbers. */
    private static final int ENTRY_HEAD_SIZE_MAX = 41;

    private static final int PRE_VOTE = 1;
    private static final int PRE_VOTE_REPLY = 2;
    private static final int REQUEST_VOTE = 3;
    private static final int REQUEST_VOTE_REPLY = 4;
    private static final int APPEND_ENTRIES = 5;
    private static final int APPEND_ACCEPTED = 6;
    private static final int APPEND_REJECTED = 7;
    private static final int TIMEOUT_NOW = 8;
    private static final int INTRODUCE = 9;
    private static final int GONE = 10;
    private static final int INSTALL_SNAPSHOT = 11;
    private static final int SNAPSHOT_ACCEPTED = 12;
    private static final int INQUIRY = 13;
    private static final int READ_INDEX = 14;
    private static final int READ_INDEX_REPLY = 15;
    private static final int QUIESCE = 16;

    private ConsensusCodec() {}

    public static Bytes encode(List<Envelope> envelopes) {
        ByteWriter writer = new ByteWriter(sizeHint(envelopes));
        writer.u8(VERSION).varInt(envelopes.size());
        for (Envelope envelope : envelopes) {
            writer.varLong(envelope.groupId());
            encode(writer, envelope.message());
        }
        return writer.toBytes();
    }

    /**
     * @throws MalformedException when the bytes are no list of messages
     */
    public static List<Envelope> decode(Bytes bytes) {
        ByteReader reader = bytes.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("consensus messages of version " + version);
        }
        int count = reader.varInt(MESSAGES_MAX);
        List<Envelope> envelopes = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            long groupId = reader.varLong();
            if (groupId < 0) {
                throw new MalformedException("a message for group " + groupId);
            }
            envelopes.add(new Envelope(groupId, decodeMessage(reader)));
        }
        reader.end();
        return envelopes;
    }

    private static void encode(ByteWriter writer, Message message) {
        switch (message) {
            case PreVote m -> id(head(writer, PRE_VOTE, m), m.last());
            case PreVoteReply m ->
                    head(writer, PRE_VOTE_REPLY, m).varLong(m.voterTerm()).bool(m.granted());
            case RequestVote m -> id(head(writer, REQUEST_VOTE, m), m.last()).bool(m.byTransfer());
            case RequestVoteReply m ->
                    head(writer, REQUEST_VOTE_REPLY, m)
                            .bool(m.granted())
                            .signedVarLong(m.wallMillis());
            case AppendEntries m -> {
                id(head(writer, APPEND_ENTRIES, m), m.previous())
                        .varLong(m.commit())
                        .varLong(m.round())
                        .varInt(m.entries().size());
                for (Entry entry : m.entries()) {
                    EntryCodec.encode(writer, entry);
                }
            }
            case AppendAccepted m ->
                    head(writer, APPEND_ACCEPTED, m)
                            .varLong(m.matchIndex())
                            .varLong(m.round())
                            .signedVarLong(m.wallMillis());
            case AppendRejected m ->
                    id(id(head(writer, APPEND_REJECTED, m), m.rejected()), m.hint())
                            .varLong(m.round())
                            .signedVarLong(m.wallMillis());
            case ReadIndex m -> question(head(writer, READ_INDEX, m), m.question());
            case ReadIndexReply m ->
                    question(head(writer, READ_INDEX_REPLY, m), m.question())
                            .varLong(m.index())
                            .signedVarLong(m.logTime());
            case Quiesce m -> id(head(writer, QUIESCE, m), m.last()).varLong(m.round());
            case TimeoutNow m -> head(writer, TIMEOUT_NOW, m);
            case Introduce m -> MembershipCodec.encode(head(writer, INTRODUCE, m), m.membership());
            case Inquiry m -> head(writer, INQUIRY, m);
            case Gone m -> head(writer, GONE, m);
            case InstallSnapshot m -> {
                id(head(writer, INSTALL_SNAPSHOT, m), m.snapshot().base())
                        .varLong(m.snapshot().logTime());
                MembershipCodec.encode(writer, m.snapshot().membership());
                writer.varLong(m.part()).bytes(m.rows()).i64(m.digest()).bool(m.isLast());
            }
            case SnapshotAccepted m ->
                    id(head(writer, SNAPSHOT_ACCEPTED, m), m.base()).varLong(m.nextPart());
        }
    }

    private static Message decodeMessage(ByteReader reader) {
        int type = reader.u8();
        long from = reader.varLong();
        long to = reader.varLong();
        long term = reader.varLong();
        return switch (type) {
            case PRE_VOTE -> new PreVote(from, to, term, id(reader));
            case PRE_VOTE_REPLY ->
                    new PreVoteReply(from, to, term, reader.varLong(), reader.bool());
            case REQUEST_VOTE -> new RequestVote(from, to, term, id(reader), reader.bool());
            case REQUEST_VOTE_REPLY ->
                    new RequestVoteReply(from, to, term, reader.bool(), reader.signedVarLong());
            case APPEND_ENTRIES -> appendEntries(reader, from, to, term);
            case APPEND_ACCEPTED ->
                    new AppendAccepted(
                            from,
                            to,
                            term,
                            reader.varLong(),
                            reader.varLong(),
                            reader.signedVarLong());
            case APPEND_REJECTED ->
                    new AppendRejected(
                            from,
                            to,
                            term,
                            id(reader),
                            id(reader),
                            reader.varLong(),
                            reader.signedVarLong());
            case READ_INDEX -> new ReadIndex(from, to, term, question(reader));
            case READ_INDEX_REPLY ->
                    new ReadIndexReply(
                            from,
                            to,
                            term,
                            question(reader),
                            reader.varLong(),
                            reader.signedVarLong());
            case QUIESCE -> new Quiesce(from, to, term, id(reader), reader.varLong());
            case TIMEOUT_NOW -> new TimeoutNow(from, to, term);
            case INTRODUCE -> new Introduce(from, to, term, MembershipCodec.decode(reader));
            case INQUIRY -> new Inquiry(from, to, term);
            case GONE -> new Gone(from, to, term);
            case INSTALL_SNAPSHOT -> installSnapshot(reader, from, to, term);
            case SNAPSHOT_ACCEPTED ->
                    new SnapshotAccepted(from, to, term, id(reader), reader.varLong());
            default -> throw new MalformedException("a consensus message of type " + type);
        };
    }

    private static AppendEntries appendEntries(ByteReader reader, long from, long to, long term) {
        EntryId previous = id(reader);
        long commit = reader.varLong();
        long round = reader.varLong();
        int count = reader.varInt(ENTRIES_MAX);
        List<Entry> entries = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            entries.add(EntryCodec.decode(reader));
        }
        return new AppendEntries(from, to, term, previous, entries, commit, round);
    }

    private static InstallSnapshot installSnapshot(
            ByteReader reader, long from, long to, long term) {
        Snapshot snapshot =
                new Snapshot(id(reader), reader.varLong(), MembershipCodec.decode(reader));
        return new InstallSnapshot(
                from,
                to,
                term,
                snapshot,
                reader.varLong(),
                reader.bytes(reader.remaining()),
                reader.i64(),
                reader.bool());
    }

    private static ByteWriter head(ByteWriter writer, int type, Message message) {
        return writer.u8(type)
                .varLong(message.from())
                .varLong(message.to())
                .varLong(message.term());
    }

    private static ByteWriter question(ByteWriter writer, Question question) {
        return writer.varLong(question.incarnation()).varLong(question.number());
    }

    private static Question question(ByteReader reader) {
        return new Question(reader.varLong(), reader.varLong());
    }

    private static ByteWriter id(ByteWriter writer, EntryId id) {
        return writer.varLong(id.term()).varLong(id.index());
    }

    private static EntryId id(ByteReader reader) {
        return new EntryId(reader.varLong(), reader.varLong());
    }

    /** No message takes more than this in an encoding; it may take less. */
    public static int sizeMax(Envelope envelope) {
        return MESSAGE_SIZE_MAX
                + switch (envelope.message()) {
                    case AppendEntries m -> {
                        int size = 0;
                        for (Entry entry : m.entries()) {
                            size += ENTRY_HEAD_SIZE_MAX + entry.payload().size();
                        }
                        yield size;
                    }
                    case Introduce m -> MembershipCodec.sizeMax(m.membership());
                    case InstallSnapshot m ->
                            MembershipCodec.sizeMax(m.snapshot().membership()) + m.rows().size();
                    case PreVote _,
                            PreVoteReply _,
                            RequestVote _,
                            RequestVoteReply _,
                            AppendAccepted _,
                            AppendRejected _,
                            ReadIndex _,
                            ReadIndexReply _,
                            Quiesce _,
                            TimeoutNow _,
                            Inquiry _,
                            Gone _,
                            SnapshotAccepted _ ->
                            0;
                };
    }

    private static int sizeHint(List<Envelope> envelopes) {
        int size = 16;
        for (Envelope envelope : envelopes) {
            size += sizeMax(envelope);
        }
        return size;
    }
}
