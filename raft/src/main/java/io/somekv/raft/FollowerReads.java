package io.somekv.raft;

import java.util.ArrayList;
import java.util.List;

/**
 * Linearizable reads of one who follows (thesis §6.4): the leader is asked for an index, once for
 * all that wait, and again under another number where no answer comes.
 */
final class FollowerReads {
    private final Core core;

    /** Came after the question that is out. */
    private List<Long> waiting = new ArrayList<>();

    /** Covered by the question that is out. */
    private List<Long> asked = new ArrayList<>();

    private Message.Question question = new Message.Question(0, 0);
    private long askedNanos;

    FollowerReads(Core core) {
        this.core = core;
    }

    void add(long token) {
        waiting.add(token);
    }

    boolean isIdle() {
        return waiting.isEmpty() && asked.isEmpty();
    }

    /** When a question that is out counts as lost; MAX_VALUE where none is. */
    long againNanos() {
        return asked.isEmpty() ? Long.MAX_VALUE : askedNanos + 2 * core.config().heartbeatNanos();
    }

    /** Asks the leader, if somebody waits and no question is out. */
    void maybeAsk(long leaderId) {
        boolean isLost = core.now().nanos() >= againNanos();
        if ((isLost || asked.isEmpty()) && !isIdle()) {
            asked.addAll(waiting);
            waiting.clear();
            askedNanos = core.now().nanos();
            question = core.nextQuestion();
            core.effects()
                    .send(new Message.ReadIndex(core.self(), leaderId, core.term(), question));
        }
    }

    void onReply(Message.ReadIndexReply reply) {
        if (asked.isEmpty() || !reply.question().equals(question)) {
            return;
        }
        core.freshness().confirm(reply.index(), askedNanos);
        core.onLogTime(reply.logTime());
        List<Long> answered = asked;
        asked = new ArrayList<>();
        for (long token : answered) {
            core.effects().answer(new ReadResult.Confirmed(token, reply.index()));
        }
    }

    /** Nobody is followed any more. */
    void refuseAll() {
        asked.addAll(waiting);
        waiting.clear();
        for (long token : asked) {
            core.effects().answer(new ReadResult.NotLeader(token, 0));
        }
        asked.clear();
    }
}
