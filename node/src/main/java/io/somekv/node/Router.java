package io.somekv.node;

import io.somekv.base.Mutation;
import io.somekv.node.Attempts.Attempt;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Now;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Brings requests to the group that serves them and to the node that leads it, and tries again,
 * always under the same identity, until there is an answer or time is up. A write whose outcome is
 * open when time is up is answered {@link Outcome.Unknown}, never with something that reads like a
 * failure. A direct request has one attempt, at this node, and whatever comes of that is its
 * answer.
 */
final class Router {
    /**
     * How long a request waits for its shard to be served by somebody before it is told that none
     * is.
     */
    private static final long HOLD_NANOS = 250_000_000L;

    private static final int RETRY_AFTER_MILLIS = 10;

    /** Weight of the requests from doors that are not yet answered; past it: Busy. */
    static final long HELD_BYTES_MAX = 64L << 20;

    private final LaneConfig config;
    private final Places places;
    private final Outbox outbox;
    private final Identities identities;
    private final Tokens tokens;
    private final Attempts attempts;
    private final SequencedMap<Long, Waiter> relayedByToken = new LinkedHashMap<>();
    private final PendingList outstanding = new PendingList();
    private final Retries retries;

    Router(LaneConfig config, Places places, Outbox outbox) {
        this.config = config;
        this.places = places;
        this.outbox = outbox;
        this.identities = new Identities(config);
        this.tokens = new Tokens(config.lane(), config.identity());
        this.attempts = new Attempts(tokens);
        this.retries = new Retries(config.seed());
    }

    /** As {@link #ask}, for a client, unless too much is waited for already. */
    void admit(Now now, Wish wish, Waiter origin) {
        if (hasRoom(wish.request())) {
            ask(now, wish, true, origin);
        } else {
            origin.done(now, new Outcome.Busy(RETRY_AFTER_MILLIS), 0);
        }
    }

    /** Whether a client's request may come in; what the lane asks for itself always may. */
    boolean hasRoom(Request request) {
        return outstanding.heldBytes() + Weights.of(request) <= HELD_BYTES_MAX;
    }

    /** Brings the lane's own {@code request} to an answer, and tells {@code origin}. */
    void ask(Now now, long groupId, Request request, Waiter origin) {
        ask(now, Wish.of(groupId, request, ReadMode.LEADER), false, origin);
    }

    private void ask(Now now, Wish wish, boolean isAdmitted, Waiter origin) {
        Optional<Outcome> fault = RequestCheck.fault(wish, places.owners().shardCount());
        if (fault.isPresent()) {
            origin.done(now, fault.get(), 0);
            return;
        }
        long expires = now.nanos() + config.askTimeoutNanos();
        Pending pending = new Pending(this, origin, wish, isAdmitted, expires);
        outstanding.add(pending);
        if (wish.isDirect()) {
            pending.waitsForAnswer = true;
            sendHere(now, pending, wish.groupId(), places.host(wish.groupId()));
        } else {
            attempt(now, pending);
        }
    }

    private void attempt(Now now, Pending pending) {
        if (pending.done) {
            return;
        }
        OptionalLong group =
                pending.wantedGroup == Frame.ANY_GROUP
                        ? places.owners().groupFor(pending.request.command(), pending.turn)
                        : OptionalLong.of(pending.wantedGroup);
        pending.attempts++;
        pending.group = group.orElse(Pending.NO_GROUP);
        if (group.isEmpty()) {
            places.wantFreshMap();
            retryLater(now, pending, new Outcome.WrongGroup(0));
            return;
        }
        if (!identities.stamp(now, pending, group.getAsLong())) {
            retryLater(now, pending, new Outcome.Busy(RETRY_AFTER_MILLIS));
            return;
        }
        pending.waitsForAnswer = true;
        send(now, pending, group.getAsLong());
    }

    private void send(Now now, Pending pending, long group) {
        GroupHost host = places.host(group);
        if (host != null && host.leads()) {
            places.touch(host);
            host.clients().serve(now, pending.request, pending.mode, pending);
            return;
        }
        boolean mayHost = host != null || laneOf(group) != config.lane();
        if (pending.mode.isLocal() && mayHost) {
            readHere(now, pending, group, host);
            return;
        }
        long node = places.guessLeader(group, pending.attempts);
        pending.askedNode = node;
        if (node == 0) {
            // Another lane of this node may host it, and know more.
            places.wantFreshMap();
            sendHere(now, pending, group, host);
        } else if (node == config.nodeId()) {
            sendHere(now, pending, group, host);
        } else {
            Attempt attempt = attempts.begin(now, pending, node);
            outbox.send(
                    node,
                    new Frame.Call(attempt.token(), group, true, pending.request, ReadMode.LEADER));
        }
    }

    /** A replica that follows may lose its leader over it: that attempt ends as others do. */
    private void readHere(Now now, Pending pending, long group, @Nullable GroupHost host) {
        if (host == null) {
            sendHere(now, pending, group, null);
            return;
        }
        Attempt attempt = attempts.begin(now, pending, config.nodeId());
        places.touch(host);
        host.clients()
                .serve(
                        now,
                        pending.request,
                        pending.mode,
                        (then, outcome, logTime) ->
                                onReply(then, attempt.token(), outcome, logTime));
    }

    private void sendHere(Now now, Pending pending, long group, @Nullable GroupHost host) {
        int lane = laneOf(group);
        if (lane != config.lane()) {
            Attempt attempt = attempts.begin(now, pending, config.nodeId());
            outbox.add(
                    new LaneEffect.ToLane(
                            lane,
                            new LaneInput.Note.Serve(
                                    attempt.token(), group, pending.request, pending.mode)));
        } else if (host != null) {
            places.touch(host);
            host.clients().serve(now, pending.request, pending.mode, pending);
        } else {
            onOutcome(now, pending, new Outcome.NotLeader(0), 0);
        }
    }

    private int laneOf(long group) {
        return (int) (group % config.laneCount());
    }

    /** Passes a request of another node on to a lane of this one, once: its sender tries again. */
    void relay(int lane, Wish wish, Waiter waiter) {
        long token = tokens.next();
        relayedByToken.put(token, waiter);
        LaneInput.Note serve =
                new LaneInput.Note.Serve(token, wish.groupId(), wish.request(), wish.mode());
        outbox.add(new LaneEffect.ToLane(lane, serve));
    }

    /** An answer from another node or lane. */
    void onReply(Now now, long token, Outcome outcome, long logTime) {
        Attempt attempt = attempts.end(token);
        if (attempt != null) {
            onOutcome(now, attempt.pending(), outcome, logTime);
            return;
        }
        Pending late = attempts.endLate(token);
        if (late != null) {
            // Whichever attempt was executed has the outcome, and what any of them read is no older
            // than the request. That one was not executed says nothing of the others.
            if (outcome instanceof Outcome.Result) {
                complete(now, late, outcome, logTime);
            }
            return;
        }
        Waiter relayed = relayedByToken.remove(token);
        if (relayed != null) {
            relayed.done(now, outcome, logTime);
        }
    }

    /** An answer to one attempt: the end of the request, or the reason for another attempt. */
    void onOutcome(Now now, Pending pending, Outcome outcome, long logTime) {
        observe(now, pending, logTime);
        if (pending.done) {
            return;
        }
        pending.waitsForAnswer = false;
        if (pending.isDirect) {
            complete(now, pending, outcome, logTime);
            return;
        }
        if (pending.mode.isLocal() && !(outcome instanceof Outcome.Result)) {
            pending.mode = ReadMode.LEADER;
        }
        switch (outcome) {
            case Outcome.Result result -> {
                if (pending.turn > 0) {
                    places.owners().learnServing(pending.request.command(), pending.group, true);
                }
                if (!pending.mode.isLocal()) {
                    places.confirmLeader(pending.group, pending.askedNode);
                }
                complete(now, pending, result, logTime);
            }
            case Outcome.BelowFloor below -> complete(now, pending, below, logTime);
            case Outcome.Unknown unknown -> {
                loseTrack(pending);
                retryLater(now, pending, unknown);
            }
            case Outcome.Invalid invalid -> finishRefused(now, pending, invalid, logTime);
            case Outcome.NotLeader notLeader -> {
                if (notLeader.leaderNode() == 0) {
                    places.unlearnLeader(pending.group, pending.askedNode);
                    passOver(pending);
                } else {
                    places.learnLeader(pending.group, notLeader.leaderNode());
                }
                if (notLeader.leaderNode() != 0 && pending.attempts <= 2) {
                    attempt(now, pending);
                } else {
                    retryLater(now, pending, notLeader);
                }
            }
            case Outcome.WrongGroup wrong -> {
                pending.turn++;
                places.owners().learnServing(pending.request.command(), pending.group, false);
                places.wantFreshMap();
                if (pending.turn == 1 && pending.wantedGroup == Frame.ANY_GROUP) {
                    attempt(now, pending);
                } else {
                    retryLater(now, pending, wrong);
                }
            }
            case Outcome.Busy busy -> retryLater(now, pending, busy);
            case Outcome.DiskNearlyFull full -> finishRefused(now, pending, full, logTime);
            case Outcome.DeadlineNeeded needed -> {
                OwnSession session = pending.session;
                if (session == null) {
                    finishRefused(now, pending, needed, logTime);
                    return;
                }
                observe(now, pending, needed.logTime());
                if (pending.isWithoutDeadline() && needed.logTime() > 0) {
                    attempt(now, pending);
                } else {
                    retryLater(now, pending, needed);
                }
            }
        }
    }

    /** Each group's log time is its own: a session takes note of no other's. */
    private static void observe(Now now, Pending pending, long logTime) {
        OwnSession session = pending.session;
        if (session != null && session.groupId() == pending.group) {
            session.observe(now, logTime);
        }
    }

    private void retryLater(Now now, Pending pending, Outcome refusal) {
        pending.lastRefusal = refusal;
        if (!(refusal instanceof Outcome.WrongGroup)) {
            pending.isHeld = false;
        } else {
            if (!pending.isHeld) {
                pending.isHeld = true;
                pending.heldUntilNanos = now.nanos() + HOLD_NANOS - pending.waitedNanos;
            }
            if (now.nanos() - pending.heldUntilNanos > 0) {
                finishRefused(now, pending, refusal, 0);
                return;
            }
        }
        retries.add(now, pending);
    }

    /** Ends a request that was not executed, unless an earlier copy of it may yet be. */
    private void finishRefused(Now now, Pending pending, Outcome refusal, long logTime) {
        Outcome outcome =
                pending.maybeExecuted
                        ? new Outcome.Unknown("an earlier attempt may have been executed")
                        : refusal;
        complete(now, pending, outcome, logTime);
    }

    private void complete(Now now, Pending pending, Outcome outcome, long logTime) {
        outstanding.remove(pending);
        attempts.forget(pending);
        pending.complete(now, outcome, logTime);
    }

    /** Nobody waits for anything here. */
    boolean isIdle() {
        return outstanding.oldest() == null && attempts.isEmpty() && relayedByToken.isEmpty();
    }

    /** The connection to a node is gone: nothing that was sent there will be answered. */
    void onPeerDown(Now now, long nodeId) {
        for (Attempt lost : attempts.at(nodeId)) {
            abandon(now, lost);
        }
    }

    /** Makes the attempts that are due, gives up what is too old. */
    void tick(Now now) {
        Attempt late = attempts.nextLate(now);
        while (late != null) {
            abandon(now, late);
            late = attempts.nextLate(now);
        }
        List<Pending> due = retries.takeDue(now);
        while (!due.isEmpty()) {
            due.forEach(pending -> attempt(now, pending));
            due = retries.takeDue(now);
        }
        expire(now);
    }

    private void abandon(Now now, Attempt attempt) {
        attempts.giveUp(attempt);
        Pending pending = attempt.pending();
        if (!pending.done) {
            loseTrack(pending);
            if (pending.isDirect) {
                finishRefused(now, pending, new Outcome.NotLeader(0), 0);
                return;
            }
            if (pending.mode.isLocal()) {
                pending.mode = ReadMode.LEADER;
            } else {
                places.learnLeader(pending.group, 0);
                passOver(pending);
            }
            retryLater(now, pending, new Outcome.NotLeader(0));
        }
    }

    /** The group said nothing: where another one had refused, it is the next one's turn. */
    private void passOver(Pending pending) {
        places.owners().learnServing(pending.request.command(), pending.group, false);
        pending.turn += pending.turn > 0 ? 1 : 0;
    }

    private void loseTrack(Pending pending) {
        pending.loseTrack();
        OwnSession session = pending.session;
        if (session != null && has(Mutation.RETRY_UNDER_NEW_ID)) {
            Identities.forget(pending, session);
        }
    }

    /** Whether this bug was put back. */
    boolean has(Mutation mutation) {
        return config.mutations().contains(mutation);
    }

    private void expire(Now now) {
        Pending oldest = outstanding.oldest();
        while (oldest != null && now.nanos() - oldest.expiresNanos >= 0) {
            if (oldest.waitsForAnswer) {
                oldest.loseTrack();
            }
            finishRefused(now, oldest, oldest.lastRefusal, 0);
            oldest = outstanding.oldest();
        }
    }
}
