package io.somekv.node;

import io.somekv.node.FrameFates.Fate;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What lies between the nodes of a {@link LaneCluster}: links that are cut, frames held back. */
final class LaneNetwork {
    private record Link(long from, long to) implements Comparable<Link> {
        @Override
        public int compareTo(Link other) {
            int byFrom = Long.compare(from, other.from);
            return byFrom != 0 ? byFrom : Long.compare(to, other.to);
        }
    }

    private final TreeSet<Long> silent = new TreeSet<>();
    private final TreeSet<Link> cut = new TreeSet<>();
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private FrameFates fates = (from, to, frame) -> Fate.ARRIVES;

    void fates(FrameFates chosen) {
        fates = chosen;
    }

    void cut(long from, long to) {
        cut.add(new Link(from, to));
    }

    void silence(long group) {
        silent.add(group);
    }

    void heal() {
        cut.clear();
        silent.clear();
    }

    /** What was held back, which arrives now. */
    List<Runnable> release() {
        List<Runnable> released = List.copyOf(held);
        held.clear();
        return released;
    }

    int heldCount() {
        return held.size();
    }

    void send(long from, long to, Frame sent, Consumer<Frame> receiver) {
        Frame frame = audible(sent);
        Runnable arrive = () -> receiver.accept(frame);
        Fate fate = cut.contains(new Link(from, to)) ? Fate.IS_LOST : fates.fateOf(from, to, frame);
        if (fate == Fate.ARRIVES || fate == Fate.ARRIVES_AND_IS_HELD) {
            arrive.run();
        }
        if (fate == Fate.IS_HELD || fate == Fate.ARRIVES_AND_IS_HELD) {
            held.addLast(arrive);
        }
    }

    private Frame audible(Frame frame) {
        if (silent.isEmpty() || !(frame instanceof Frame.Consensus consensus)) {
            return frame;
        }
        List<Envelope> heard = new ArrayList<>(ConsensusCodec.decode(consensus.messages()));
        heard.removeIf(envelope -> silent.contains(envelope.groupId()));
        return new Frame.Consensus(ConsensusCodec.encode(heard));
    }
}
