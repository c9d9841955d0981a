package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import org.jspecify.annotations.Nullable;

/** A request that the router must bring to an answer: where it came from, and what was tried. */
final class Pending implements Waiter {
    static final long NO_GROUP = -1;

    private final Router router;
    private final Waiter origin;
    final long wantedGroup;
    final long expiresNanos;

    /** As it is sent: with a stamp once it has one. */
    Request request;

    /** Ours, where the request came without an identity; it numbers and finishes it. */
    @Nullable OwnSession session;

    /** Where the latest attempt went. */
    long group = NO_GROUP;

    int attempts;

    /** Attempts that met a group which does not serve the shard. */
    int wrongGroups;

    /**
     * The attempt under way; an answer to an earlier one still counts, a timeout of it does not.
     */
    int attemptNumber;

    /** An attempt has ended without an answer, so that a copy may still be executed. */
    boolean maybeExecuted;

    boolean waitsForAnswer;
    boolean done;

    /** The latest answer that was no final one. */
    Outcome lastRefusal = new Outcome.NotLeader(0);

    Pending(Router router, Waiter origin, long wantedGroup, Request request, long expiresNanos) {
        this.router = router;
        this.origin = origin;
        this.wantedGroup = wantedGroup;
        this.request = request;
        this.expiresNanos = expiresNanos;
    }

    boolean isWrite() {
        return request.command() instanceof Command.Write;
    }

    @Override
    public void done(Now now, Outcome outcome, long logTime) {
        router.onOutcome(now, this, outcome, logTime);
    }

    void complete(Now now, Outcome outcome, long logTime) {
        done = true;
        if (session != null) {
            session.finish(request);
        }
        origin.done(now, outcome, logTime);
    }
}
