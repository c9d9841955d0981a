package io.somekv.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Messages on their way: they are lost, doubled and overtaken, unless it is calm. */
final class RandomNetwork {
    private static final int WAITING_MAX = 300;

    private final SplittableRandom random;
    private final List<Message> waiting = new ArrayList<>();

    RandomNetwork(SplittableRandom random) {
        this.random = random;
    }

    void send(List<Message> messages) {
        waiting.addAll(messages);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** One that arrives, of some that wait; null where it does not. It may come once more. */
    @Nullable Message next(boolean calm, int cutOff) {
        int at = calm ? 0 : random.nextInt(waiting.size());
        Message message = waiting.get(at);
        int dice = calm ? 99 : random.nextInt(100);
        boolean isCut = message.from() - 1 == cutOff || message.to() - 1 == cutOff;
        if (dice < 90 || calm) {
            waiting.remove(message);
        }
        if (waiting.size() > WAITING_MAX) {
            waiting.subList(0, WAITING_MAX * 2 / 3).clear();
        }
        return dice >= 5 && !isCut ? message : null;
    }
}
