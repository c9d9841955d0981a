package io.somekv.node;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.PersistMark;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Gathers what the groups of a lane want done during one batch of inputs, so that it leaves
 * together: one append for all groups, and as few consensus frames a node as their size allows.
 */
final class Outbox {
    /** Of the messages in one consensus frame, exceeded only by a single larger message. */
    private static final long CONSENSUS_BYTES_MAX = 1 << 20;

    private final List<LaneEffect> effects = new ArrayList<>();
    private final List<GroupRecord> records = new ArrayList<>();
    private final List<LaneInput.GroupMark> marks = new ArrayList<>();
    private final TreeMap<Long, List<Envelope>> envelopesByNode = new TreeMap<>();

    void add(LaneEffect effect) {
        effects.add(effect);
    }

    /** To whoever asked this lane under {@code token}, without a group's log time. */
    void answer(long token, Outcome outcome) {
        effects.add(new LaneEffect.Answer(token, outcome, 0));
    }

    void send(long nodeId, Frame frame) {
        effects.add(new LaneEffect.Send(nodeId, frame));
    }

    void persist(GroupRecord record, PersistMark mark) {
        records.add(record);
        marks.add(new LaneInput.GroupMark(record.groupId(), record.replicaId(), mark));
    }

    void message(long nodeId, Envelope envelope) {
        envelopesByNode.computeIfAbsent(nodeId, n -> new ArrayList<>()).add(envelope);
    }

    /** Everything gathered since the last call. */
    List<LaneEffect> drain() {
        envelopesByNode.forEach(this::sendConsensus);
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

    private void sendConsensus(long node, List<Envelope> envelopes) {
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < envelopes.size(); i++) {
            int size = ConsensusCodec.sizeMax(envelopes.get(i));
            if (i > from && bytes + size > CONSENSUS_BYTES_MAX) {
                send(node, frame(envelopes.subList(from, i)));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        send(node, frame(envelopes.subList(from, envelopes.size())));
    }

    private static Frame frame(List<Envelope> envelopes) {
        return new Frame.Consensus(ConsensusCodec.encode(envelopes));
    }
}
