package io.somekv.sim.search;

import io.somekv.base.Hash64;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * The messages that are on their way in a {@link SmallGroup}, by what they say: two that say the
 * same are one. They arrive in any order, and also at a later life of who they were sent to; one
 * that is never chosen is lost.
 */
final class SearchNetwork {
    /** Names all clients as receivers: they are always up. */
    static final long CLIENT = 0;

    private record InFlight(long to, Runnable arrival) {}

    private final TreeMap<String, InFlight> messages = new TreeMap<>();

    void send(String text, long to, Runnable arrival) {
        messages.put(text, new InFlight(to, arrival));
    }

    /** Whether there is such a message. */
    boolean has(String text) {
        return messages.containsKey(text);
    }

    /** Those whose receivers are up. */
    List<String> deliverable(LongPredicate isUp) {
        List<String> texts = new ArrayList<>();
        messages.forEach((text, message) -> {
            if (message.to == CLIENT || isUp.test(message.to)) {
                texts.add(text);
            }
        });
        return texts;
    }

    /** It arrives; a copy of it may stay on its way. */
    void arrive(String text, boolean stays) {
        InFlight message = Optional.ofNullable(messages.get(text)).orElseThrow();
        if (!stays) {
            messages.remove(text);
        }
        message.arrival.run();
    }

    void clear() {
        messages.clear();
    }

    /** What a frame is, and a digest of all that it says. */
    static String text(Frame frame) {
        StringBuilder text = new StringBuilder(frame.getClass().getSimpleName());
        if (frame instanceof Frame.Consensus consensus) {
            text.setLength(0);
            for (Envelope envelope : ConsensusCodec.decode(consensus.messages())) {
                text.append(envelope.message().getClass().getSimpleName()).append(' ');
            }
        }
        long hash = new Hash64().add(FrameCodec.encode(frame)).value();
        return text.append(' ').append(Long.toHexString(hash)).toString();
    }

    @Override
    public String toString() {
        return messages.keySet().toString();
    }
}
