package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What the server has to do for a request, so that a reply can be written. */
public sealed interface RespAction {
    /** Nothing but write it. */
    record Reply(RespReply reply) implements RespAction {}

    /** Write it, then close the connection. */
    record Close(RespReply reply) implements RespAction {}

    /**
     * Send each part to the group that has its shard, under a sequence of its own; merge the
     * outcomes once all have come. The parts are independent: not atomic together.
     */
    record Ask(List<Part> parts, Merge merge) implements RespAction {
        public Ask {
            parts = List.copyOf(parts);
        }
    }

    /**
     * As an {@link Ask}; of a connection that knows of the cluster, only those parts whose shards
     * this node serves, as Redis Cluster does: such clients ask every node, and add up.
     */
    record AskEach(Ask ask) implements RespAction {}

    /** Answer from facts that only the server has. */
    record AskNode(Function<NodeFacts, RespReply> answer) implements RespAction {}

    /**
     * Check the credentials. If they are good, call {@link RespConnection#becomeAuthenticated} and
     * go on with {@code then}; else reply {@link #wrongPassword}.
     */
    record Authenticate(String user, Bytes password, Supplier<RespAction> then)
            implements RespAction {}

    /** Close the connections that match; the reply is made from their number. */
    record KillClients(Predicate<NodeFacts.Client> victims, IntFunction<RespReply> answer)
            implements RespAction {}

    /** Do that, but write no reply. */
    record Silent(RespAction action) implements RespAction {}

    /** A command to the group that has {@code shard}. */
    record Part(int shard, Command command) {}

    /** Turns the outcomes of an {@link Ask}, in the order of its parts, into one reply. */
    @FunctionalInterface
    interface Merge {
        RespReply merge(List<Outcome> outcomes);
    }

    static RespAction reply(RespReply reply) {
        return new Reply(reply);
    }

    static RespAction error(String text) {
        return new Reply(new RespReply.Failure(text));
    }

    static RespReply wrongPassword() {
        return new RespReply.Failure(
                "WRONGPASS invalid username-password pair or user is disabled.");
    }
}
