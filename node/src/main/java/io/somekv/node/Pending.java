package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that the router must bring to an answer: where it came from, and what was tried. */
final class Pending implements Waiter {
    static final long NO_GROUP = -1;

    private final Router router;
    private final Waiter origin;
    final long wantedGroup;

    /** This node alone answers it, and whatever that is: who asks goes on from there. */
    final boolean isDirect;

    final long expiresNanos;

    final long weight;

    /** What of that counts in the bound on what clients ask for: nothing of the lane's own. */
    final long heldBytes;

    /** Its neighbours among the router's requests, by age. */
    @Nullable Pending older;

    @Nullable Pending younger;

    /** As it is sent: with a stamp once it has one. */
    Request request;

    /** Of the next attempt: a local read that the replica here refuses goes to the leader. */
    ReadMode mode;

    /** Ours, where the request came without an identity; it numbers and finishes it. */
    @Nullable OwnSession session;

    /** Where the latest attempt went. */
    long group = NO_GROUP;

    /** Where a leader was last looked for; 0 for nowhere. */
    long askedNode;

    int attempts;

    /** How many groups did not serve the shard, or said nothing after one that did not. */
    int turn;

    /** How long it was held before it came here. */
    final long waitedNanos;

    /** Until when it waits for somebody to serve its shard; counts once {@link #isHeld}. */
    long heldUntilNanos;

    boolean isHeld;

    /** An attempt has ended without an answer, so that a copy may yet be executed. */
    boolean maybeExecuted;

    /** An attempt is waited for: there is never more than one. */
    boolean waitsForAnswer;

    /** Of attempts that were given up and not answered since; see {@link Attempts}. */
    final List<Long> lateTokens = new ArrayList<>(0);

    boolean done;

    /** The latest answer that was no final one. */
    Outcome lastRefusal = new Outcome.NotLeader(0);

    /**
     * @param isAdmitted whether it is a client's
     */
    Pending(Router router, Waiter origin, Wish wish, boolean isAdmitted, long expiresNanos) {
        this.router = router;
        this.origin = origin;
        this.wantedGroup = wish.groupId();
        this.isDirect = wish.isDirect();
        this.waitedNanos = wish.waitedNanos();
        this.request = wish.request();
        this.mode =
                wish.request().command() instanceof Command.Read ? wish.mode() : ReadMode.LEADER;
        this.expiresNanos = expiresNanos;
        this.weight = Weights.of(request);
        this.heldBytes = isAdmitted ? weight : 0;
    }

    boolean isWrite() {
        return request.command() instanceof Command.Write;
    }

    /** Its copies are executed by nobody, for want of a deadline: that is how one is asked for. */
    boolean isWithoutDeadline() {
        return request.stamp().isPresent() && request.stamp().get().deadlineMillis() == 0;
    }

    /** An attempt has ended, and nobody knows how. */
    void loseTrack() {
        maybeExecuted |= isWrite() && !isWithoutDeadline();
        waitsForAnswer = false;
    }

    @Override
    public void done(Now now, Outcome outcome, long logTime) {
        router.onOutcome(now, this, outcome, logTime);
    }

    /** To be called once, by the router. */
    void complete(Now now, Outcome outcome, long logTime) {
        Invariant.check(!done, "a request is answered once");
        done = true;
        if (session != null) {
            session.finish(request);
        }
        origin.done(now, outcome, logTime);
    }
}
