package io.somekv.sim.world;

import io.somekv.base.Bytes;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Message;
import java.util.List;

/** Frames in words, for the reader of a trace. */
final class Texts {
    private static final int LENGTH_MAX = 400;

    private Texts() {}

    static String frame(Bytes bytes) {
        return frame(decode(bytes));
    }

    /** The frame behind its length. */
    static Frame decode(Bytes bytes) {
        int head = FrameCodec.LENGTH_SIZE;
        return FrameCodec.decode(bytes.slice(head, bytes.size() - head));
    }

    static String frame(Frame frame) {
        return switch (frame) {
            case Frame.Hello _, Frame.Pulse _, Frame.LogMark _, Frame.Load _, Frame.Steer _ ->
                    frame.toString();
            case Frame.Call call ->
                    "call "
                            + call.token()
                            + " group "
                            + call.groupId()
                            + " "
                            + request(call.request());
            case Frame.Reply reply ->
                    "reply " + reply.token() + " " + cut(reply.outcome().toString());
            case Frame.Consensus consensus -> {
                StringBuilder text = new StringBuilder();
                for (Envelope envelope : ConsensusCodec.decode(consensus.messages())) {
                    text.append(text.isEmpty() ? "" : " | ")
                            .append('g')
                            .append(envelope.groupId())
                            .append(' ')
                            .append(message(envelope.message()));
                }
                yield cut(text.toString());
            }
        };
    }

    static String request(Request request) {
        String stamp =
                request.stamp()
                        .map(s ->
                                " #"
                                        + s.sequence()
                                        + " of "
                                        + Long.toHexString(s.client().low())
                                        + " floor "
                                        + s.floor()
                                        + " until "
                                        + s.deadlineMillis())
                        .orElse("");
        return cut(request.command().toString()) + stamp;
    }

    private static String message(Message message) {
        if (message instanceof Message.AppendEntries append) {
            StringBuilder text = new StringBuilder("append t").append(append.term());
            text.append(" after ").append(append.previous().term());
            text.append('/').append(append.previous().index());
            append.entries()
                    .forEach(e -> text.append(' ').append(e.term()).append('/').append(e.index()));
            return text.append(" commit ").append(append.commit()).toString();
        }
        return message.toString();
    }

    /** What a log holds of them. */
    static String groups(List<RecoveredGroup> groups) {
        StringBuilder text = new StringBuilder();
        for (RecoveredGroup group : groups) {
            text.append('g')
                    .append(group.groupId())
                    .append(" replica ")
                    .append(group.replicaId())
                    .append(" t")
                    .append(group.hardState().term())
                    .append(" vote ")
                    .append(group.hardState().votedFor())
                    .append(" commit ")
                    .append(group.hardState().commit())
                    .append(" last ")
                    .append(group.lastIndex())
                    .append(" | ");
        }
        return text.toString();
    }

    private static String cut(String text) {
        return text.length() <= LENGTH_MAX ? text : text.substring(0, LENGTH_MAX) + "…";
    }
}
