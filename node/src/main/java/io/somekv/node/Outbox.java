package io.somekv.node;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.PersistMark;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Gathers what the groups of a lane want done during one batch of inputs, so that it leaves
 * together: one append for all groups, one consensus frame a node.
 */
final class Outbox {
    private final List<LaneEffect> effects = new ArrayList<>();
    private final List<GroupRecord> records = new ArrayList<>();
    private final List<LaneInput.GroupMark> marks = new ArrayList<>();
    private final TreeMap<Long, List<Envelope>> envelopesByNode = new TreeMap<>();

    void add(LaneEffect effect) {
        effects.add(effect);
    }

    void send(long nodeId, Frame frame) {
        effects.add(new LaneEffect.Send(nodeId, frame));
    }

    void persist(GroupRecord record, PersistMark mark) {
        records.add(record);
        marks.add(new LaneInput.GroupMark(record.groupId(), mark));
    }

    void message(long nodeId, Envelope envelope) {
        envelopesByNode.computeIfAbsent(nodeId, n -> new ArrayList<>()).add(envelope);
    }

    /** Everything gathered since the last call. */
    List<LaneEffect> drain() {
        envelopesByNode.forEach((node, envelopes) ->
                send(node, new Frame.Consensus(ConsensusCodec.encode(envelopes))));
        envelopesByNode.clear();
        if (!records.isEmpty()) {
            effects.add(new LaneEffect.Append(records, marks));
            records.clear();
            marks.clear();
        }
        List<LaneEffect> drained = List.copyOf(effects);
        effects.clear();
        return drained;
    }
}
