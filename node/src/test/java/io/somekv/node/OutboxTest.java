package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import io.somekv.raft.Message;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static Envelope append(long group, int size) {
        Entry entry =
                new Entry(new EntryId(1, 1), EntryKind.COMMANDS, 5, Bytes.wrap(new byte[size]));
        return new Envelope(
                group, new Message.AppendEntries(1, 2, 1, EntryId.ZERO, List.of(entry), 0, 1));
    }

    /** Each group's messages fit a frame; those of many groups together might not. */
    @Test
    void messagesOfManyGroupsAreSpreadOverFramesThatFit() {
        Outbox outbox = new Outbox();
        List<Envelope> sent = new ArrayList<>();
        for (int group = 0; group < 12; group++) {
            sent.add(append(group, 3 << 20));
            sent.add(append(group, 100));
        }
        sent.forEach(envelope -> outbox.message(7, envelope));
        List<Envelope> arrived = new ArrayList<>();
        for (LaneEffect effect : outbox.drain()) {
            LaneEffect.Send send = assertInstanceOf(LaneEffect.Send.class, effect);
            assertTrue(FrameCodec.encode(send.frame()).size() < FrameCodec.FRAME_SIZE_MAX);
            Frame.Consensus frame = assertInstanceOf(Frame.Consensus.class, send.frame());
            arrived.addAll(ConsensusCodec.decode(frame.messages()));
        }
        assertEquals(sent, arrived);
    }

    @Test
    void heartbeatsOfManyGroupsShareAFrame() {
        Outbox outbox = new Outbox();
        for (int group = 0; group < 1000; group++) {
            outbox.message(7, append(group, 0));
        }
        assertEquals(1, outbox.drain().size());
    }
}
