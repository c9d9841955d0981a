package io.somekv.sim.search;

import io.somekv.node.LaneEffect;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import java.util.Optional;

/**
 * A client without an identity, as a Redis client is: it asks at the door of one node, whose lane
 * tries again under an identity of its own. When the node crashes it never learns what became of
 * what it had asked.
 */
final class PlainClient {
    private final int id;
    private final SearchClient.Work work;
    private final SearchNode node;
    private final Answers answers;
    private final StringBuilder heard = new StringBuilder();
    private long askedIn;
    private int next;
    private int underWay;
    private int results;

    PlainClient(int id, SearchClient.Work work, SearchNode node, Answers answers) {
        this.id = id;
        this.work = work;
        this.node = node;
        this.answers = answers;
    }

    /** Asks for as much as may be under way, where the node is up. */
    void maybeAsk() {
        if (askedIn != node.incarnation()) {
            askedIn = node.incarnation();
            underWay = 0;
        }
        while (node.isUp() && underWay < work.outstanding() && next < work.commands().size()) {
            Command.Keyed command = work.commands().get(next++);
            int number = answers.asked(id, command);
            underWay++;
            Request request = new Request(Optional.empty(), (Command) command);
            node.ask(Frame.ANY_GROUP, request, answer -> onAnswer(number, answer));
        }
    }

    private void onAnswer(int number, LaneEffect.Answer answer) {
        underWay--;
        results += answer.outcome() instanceof Outcome.Result ? 1 : 0;
        heard.append(number).append(answer.outcome());
        answers.answered(number, answer.outcome());
    }

    boolean isDone() {
        return results == work.commands().size();
    }

    String digest() {
        return next + " " + heard;
    }
}
