package io.somekv.node.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.Message;
import io.somekv.raft.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ConsensusCodecTest {
    private static final EntryId ID = new EntryId(3, 9);
    private static final Membership MEMBERS =
            Membership.of(List.of(new Member(1, 1, new UUID(1, 1))))
                    .withLearner(4, new UUID(-4, 4), 1);

    private static List<Envelope> oneOfEach() {
        List<Entry> entries =
                List.of(
                        new Entry(new EntryId(3, 10), EntryKind.NOOP, 7, Bytes.EMPTY),
                        new Entry(new EntryId(4, 11), EntryKind.TIME, 8, Bytes.EMPTY),
                        new Entry(new EntryId(4, 12), EntryKind.COMMANDS, 8, Bytes.utf8("batch")));
        List<Message> messages =
                List.of(
                        new Message.PreVote(1, 2, 4, ID),
                        new Message.PreVoteReply(2, 1, 4, 3, true),
                        new Message.RequestVote(1, 2, 4, ID, true),
                        new Message.RequestVoteReply(2, 1, 4, false, -5),
                        new Message.AppendEntries(1, 2, 4, ID, entries, 11, 6),
                        new Message.AppendEntries(1, 2, 4, EntryId.ZERO, List.of(), 0, 1),
                        new Message.AppendAccepted(2, 1, 4, 12, 6, 1_700_000_000_000L),
                        new Message.AppendRejected(2, 1, 4, ID, EntryId.ZERO, 6, -1),
                        new Message.TimeoutNow(1, 2, 4),
                        new Message.Introduce(1, 4, 4, MEMBERS),
                        new Message.Inquiry(4, 1, 4),
                        new Message.Gone(1, 4, 4),
                        new Message.InstallSnapshot(
                                1,
                                4,
                                4,
                                new Snapshot(ID, 8, MEMBERS),
                                3,
                                Bytes.utf8("rows"),
                                9,
                                true),
                        new Message.SnapshotAccepted(4, 1, 4, ID, 4));
        List<Envelope> envelopes = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            envelopes.add(new Envelope(i * 1000L, messages.get(i)));
        }
        return envelopes;
    }

    @Test
    void everyMessageComesBackAsItWas() {
        List<Envelope> envelopes = oneOfEach();
        assertEquals(envelopes, ConsensusCodec.decode(ConsensusCodec.encode(envelopes)));
        assertEquals(List.of(), ConsensusCodec.decode(ConsensusCodec.encode(List.of())));
    }

    @Test
    void noMessageTakesMoreThanItsSizeMax() {
        long most = Long.MIN_VALUE;
        EntryId far = new EntryId(most, most);
        Entry entry = new Entry(far, EntryKind.COMMANDS, most, Bytes.utf8("x"));
        List<Message> largest =
                List.of(
                        new Message.PreVote(most, most, most, far),
                        new Message.AppendEntries(
                                most, most, most, far, List.of(entry, entry), most, most),
                        new Message.AppendRejected(most, most, most, far, far, most, most),
                        new Message.Introduce(most, most, most, MEMBERS),
                        new Message.SnapshotAccepted(most, most, most, far, most),
                        new Message.InstallSnapshot(
                                most,
                                most,
                                most,
                                new Snapshot(far, most, MEMBERS),
                                most,
                                Bytes.utf8("rows"),
                                most,
                                true));
        int empty = ConsensusCodec.encode(List.of()).size();
        for (Message message : largest) {
            Envelope envelope = new Envelope(Long.MAX_VALUE, message);
            int size = ConsensusCodec.encode(List.of(envelope)).size() - empty;
            assertTrue(size <= ConsensusCodec.sizeMax(envelope), message + " takes " + size);
        }
    }

    @Test
    void aNewerVersionATypeUnknownAndAGroupBelowZeroAreRefused() {
        List<Bytes> bad =
                List.of(
                        Bytes.EMPTY,
                        new ByteWriter().u8(2).varInt(0).toBytes(),
                        new ByteWriter().u8(1).varInt(1).varLong(1).u8(99).i64(0).toBytes(),
                        ConsensusCodec.encode(
                                List.of(new Envelope(-1, new Message.PreVote(1, 2, 4, ID)))));
        for (Bytes bytes : bad) {
            assertThrows(MalformedException.class, () -> ConsensusCodec.decode(bytes));
        }
    }

    /** Whatever a peer sends: messages, or a refusal. */
    @Test
    void garbledBytesAreRefusedAndNothingElse() {
        Bytes whole = ConsensusCodec.encode(oneOfEach());
        for (int size = 0; size < whole.size(); size++) {
            Bytes cut = whole.slice(0, size);
            assertThrows(MalformedException.class, () -> ConsensusCodec.decode(cut));
        }
        SplittableRandom random = new SplittableRandom(42);
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] garbled = whole.toArray();
            for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
                garbled[random.nextInt(garbled.length)] = (byte) random.nextInt();
            }
            try {
                ConsensusCodec.decode(Bytes.wrap(garbled));
            } catch (MalformedException expected) {
                refused++;
            }
        }
        assertTrue(refused > 1000, "refused: " + refused);
    }
}
