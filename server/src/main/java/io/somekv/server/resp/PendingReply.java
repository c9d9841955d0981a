package io.somekv.server.resp;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.resp.RespAction;
import io.somekv.protocol.resp.RespConnection;
import io.somekv.protocol.resp.RespReply;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reply that is owed to a client: for a request whose parts are under way, or ready. */
final class PendingReply {
    private static final RespAction.Ask NOTHING_ASKED =
            new RespAction.Ask(List.of(), outcomes -> RespReply.NULL);

    private final RespAction.Ask ask;

    /** Of the connection when it asked: it may have changed since. */
    private final int protocol;

    private final ReadMode readMode;

    private final boolean mayMove;
    private final boolean silent;
    private final int requestSize;
    private final @Nullable Outcome[] outcomes;
    private int missing;
    private @Nullable RespReply reply;

    /**
     * @param silent the client wants no reply
     * @param requestSize of the request, in bytes
     */
    PendingReply(RespAction.Ask ask, RespConnection connection, boolean silent, int requestSize) {
        this.ask = ask;
        this.protocol = connection.protocol();
        this.readMode = connection.readMode();
        this.mayMove = connection.isClusterAware() && !connection.isAsking();
        this.silent = silent;
        this.requestSize = requestSize;
        this.missing = ask.parts().size();
        this.outcomes = new @Nullable Outcome[missing];
    }

    static PendingReply ready(RespReply reply, RespConnection connection) {
        PendingReply ready = new PendingReply(NOTHING_ASKED, connection, false, 0);
        ready.reply = reply;
        return ready;
    }

    RespAction.Ask ask() {
        return ask;
    }

    int protocol() {
        return protocol;
    }

    ReadMode readMode() {
        return readMode;
    }

    /** Whether the client may be sent to another node with it. */
    boolean mayMove() {
        return mayMove;
    }

    boolean isSilent() {
        return silent;
    }

    int requestSize() {
        return requestSize;
    }

    /** Takes the outcome of a part; true for the last one that was missing. */
    boolean answer(int part, Outcome outcome) {
        Invariant.check(outcomes[part] == null, "a part is answered once");
        outcomes[part] = outcome;
        missing--;
        return missing == 0;
    }

    boolean isReady() {
        return missing == 0;
    }

    /** Whether something was not executed because a bound was reached. */
    boolean isRefusal() {
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Busy || outcome instanceof Outcome.DiskNearlyFull) {
                return true;
            }
        }
        return false;
    }

    /** Of a request that is ready. */
    RespReply reply() {
        RespReply made = reply;
        if (made == null) {
            Invariant.check(missing == 0, "all parts are answered");
            made =
                    ask.merge()
                            .merge(
                                    List.of(
                                            Arrays.copyOf(
                                                    outcomes, outcomes.length, Outcome[].class)));
            reply = made;
        }
        return made;
    }
}
