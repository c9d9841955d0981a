package io.somekv.node;

import io.somekv.base.Mutation;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Brings requests to the group that serves them and to the node that leads it, and tries again,
 * always under the same identity, until there is an answer or time is up. A write whose outcome is
 * open when time is up is answered {@link Outcome.Unknown}, never with something that reads like a
 * failure.
 */
final class Router {
    /** After this without an answer from another node, the next attempt is made. */
    private static final long ATTEMPT_NANOS = 1_000_000_000L;

    /**
     * How long a request waits for its shard to be served by somebody before it is told that none
     * is.
     */
    private static final long HOLD_NANOS = 250_000_000L;

    private static final long BACKOFF_NANOS = 10_000_000L;
    private static final int BACKOFF_DOUBLINGS_MAX = 4;

    /** One attempt at another node or lane. */
    private record Attempt(Pending pending, long token, long nodeId, int number, long sentNanos) {}

    private final LaneConfig config;
    private final Places places;
    private final Outbox outbox;
    private final SplittableRandom jitter;
    private final TreeMap<Long, OwnSession> sessionByGroup = new TreeMap<>();
    private final TreeMap<Long, Attempt> attemptByToken = new TreeMap<>();
    private final TreeMap<Long, Waiter> relayedByToken = new TreeMap<>();
    private final ArrayDeque<Attempt> attemptsByAge = new ArrayDeque<>();
    private final ArrayDeque<Pending> pendingByAge = new ArrayDeque<>();
    private final TreeMap<Long, List<Pending>> retriesByNanos = new TreeMap<>();
    private long nextToken = 1;
    private long nextIdentity;

    Router(LaneConfig config, Places places, Outbox outbox) {
        this.config = config;
        this.places = places;
        this.outbox = outbox;
        this.jitter = new SplittableRandom(config.seed() ^ 0x726f75746572L);
    }

    /** Brings {@code request} to an answer, and tells {@code origin}. */
    void ask(Now now, long groupId, Request request, Waiter origin) {
        Optional<Outcome> malformed =
                places.shardCount().isPresent()
                        ? RequestCheck.malformed(request, places.shardCount().getAsInt())
                        : Optional.empty();
        if (malformed.isPresent()) {
            origin.done(now, malformed.get(), 0);
            return;
        }
        Pending pending =
                new Pending(this, origin, groupId, request, now.nanos() + config.askTimeoutNanos());
        pendingByAge.addLast(pending);
        attempt(now, pending);
    }

    private void attempt(Now now, Pending pending) {
        if (pending.done) {
            return;
        }
        OptionalLong group =
                pending.wantedGroup == Frame.ANY_GROUP
                        ? places.groupFor(pending.request.command(), pending.wrongGroups)
                        : OptionalLong.of(pending.wantedGroup);
        pending.attempts++;
        pending.group = group.orElse(Pending.NO_GROUP);
        if (group.isEmpty()) {
            places.wantFreshMap();
            retryLater(now, pending, new Outcome.WrongGroup(0));
            return;
        }
        if (!stamp(now, pending, group.getAsLong())) {
            retryLater(now, pending, new Outcome.Busy(10));
            return;
        }
        pending.attemptNumber++;
        pending.waitsForAnswer = true;
        send(now, pending, group.getAsLong());
    }

    /**
     * Gives the request an identity, or its stamp the newest floor; false while too many are out.
     */
    private boolean stamp(Now now, Pending pending, long group) {
        OwnSession session = pending.session;
        if (session != null) {
            pending.request = session.again(now, pending.request);
            return true;
        }
        if (!RequestCheck.needsStamp(pending.request.command())
                || pending.request.stamp().isPresent()) {
            return true;
        }
        OwnSession own = sessionByGroup.computeIfAbsent(group, this::newSession);
        Optional<Request> wrapped = own.wrap(now, pending.request);
        wrapped.ifPresent(request -> {
            pending.request = request;
            pending.session = own;
        });
        return wrapped.isPresent();
    }

    private OwnSession newSession(long group) {
        ClientId identity = config.identity();
        long high = identity.high() + (((long) config.lane() << 32) | nextIdentity++);
        return new OwnSession(new ClientId(high, identity.low()));
    }

    private void send(Now now, Pending pending, long group) {
        GroupHost host = places.host(group);
        if (host != null && host.leads()) {
            places.touch(host);
            host.serve(now, pending.request, pending);
            return;
        }
        long node = places.guessLeader(group, pending.attempts);
        if (node == 0) {
            places.wantFreshMap();
            onOutcome(now, pending, new Outcome.NotLeader(0), 0);
        } else if (node == config.nodeId()) {
            sendHere(now, pending, group, host);
        } else {
            Attempt attempt = newAttempt(now, pending, node);
            outbox.send(node, new Frame.Call(attempt.token(), group, 1, pending.request));
        }
    }

    private void sendHere(Now now, Pending pending, long group, @Nullable GroupHost host) {
        int lane = (int) (group % config.laneCount());
        if (lane != config.lane()) {
            Attempt attempt = newAttempt(now, pending, config.nodeId());
            outbox.add(
                    new LaneEffect.ToLane(
                            lane,
                            new LaneInput.Note.Serve(attempt.token(), group, pending.request)));
        } else if (host != null) {
            places.touch(host);
            host.serve(now, pending.request, pending);
        } else {
            onOutcome(now, pending, new Outcome.NotLeader(0), 0);
        }
    }

    private Attempt newAttempt(Now now, Pending pending, long node) {
        Attempt attempt =
                new Attempt(pending, nextToken++, node, pending.attemptNumber, now.nanos());
        attemptByToken.put(attempt.token(), attempt);
        attemptsByAge.addLast(attempt);
        return attempt;
    }

    /** Passes a request of another node on to a lane of this one, once: its sender tries again. */
    void relay(int lane, long groupId, Request request, Waiter waiter) {
        long token = nextToken++;
        relayedByToken.put(token, waiter);
        outbox.add(new LaneEffect.ToLane(lane, new LaneInput.Note.Serve(token, groupId, request)));
    }

    /** An answer from another node or lane. */
    void onReply(Now now, long token, Outcome outcome, long logTime) {
        Attempt attempt = attemptByToken.remove(token);
        if (attempt != null) {
            onOutcome(now, attempt.pending(), outcome, logTime);
            return;
        }
        Waiter relayed = relayedByToken.remove(token);
        if (relayed != null) {
            relayed.done(now, outcome, logTime);
        }
    }

    /** An answer to one attempt: the end of the request, or the reason for another attempt. */
    void onOutcome(Now now, Pending pending, Outcome outcome, long logTime) {
        if (pending.session != null) {
            pending.session.observe(now, logTime);
        }
        if (pending.done) {
            return;
        }
        pending.waitsForAnswer = false;
        switch (outcome) {
            case Outcome.Result result -> pending.complete(now, result, logTime);
            case Outcome.BelowFloor below -> pending.complete(now, below, logTime);
            case Outcome.Unknown unknown -> {
                pending.maybeExecuted = true;
                retryLater(now, pending, unknown);
            }
            case Outcome.Invalid invalid -> finishRefused(now, pending, invalid, logTime);
            case Outcome.NotLeader notLeader -> {
                places.learnLeader(pending.group, notLeader.leaderNode());
                if (notLeader.leaderNode() != 0 && pending.attempts <= 2) {
                    attempt(now, pending);
                } else {
                    retryLater(now, pending, notLeader);
                }
            }
            case Outcome.WrongGroup wrong -> {
                pending.wrongGroups++;
                places.wantFreshMap();
                retryLater(now, pending, wrong);
            }
            case Outcome.Busy busy -> retryLater(now, pending, busy);
            case Outcome.DeadlineNeeded needed -> {
                OwnSession session = pending.session;
                if (session == null) {
                    finishRefused(now, pending, needed, logTime);
                    return;
                }
                session.observe(now, needed.logTime());
                boolean first = pending.request.stamp().orElseThrow().deadlineMillis() == 0;
                if (first && pending.attempts == 1) {
                    attempt(now, pending);
                } else {
                    retryLater(now, pending, needed);
                }
            }
        }
    }

    private void retryLater(Now now, Pending pending, Outcome refusal) {
        pending.lastRefusal = refusal;
        boolean unserved = refusal instanceof Outcome.WrongGroup;
        long startedNanos = pending.expiresNanos - config.askTimeoutNanos();
        if (unserved && now.nanos() - startedNanos > HOLD_NANOS) {
            finishRefused(now, pending, refusal, 0);
            return;
        }
        int doublings = Math.min(pending.attempts, BACKOFF_DOUBLINGS_MAX);
        long wait = (BACKOFF_NANOS << doublings) / 2;
        long at = now.nanos() + wait + jitter.nextLong(wait);
        retriesByNanos.computeIfAbsent(at, nanos -> new ArrayList<>()).add(pending);
    }

    /** Ends a request that was not executed, unless an earlier copy of it may yet be. */
    private void finishRefused(Now now, Pending pending, Outcome refusal, long logTime) {
        if (pending.isWrite() && pending.maybeExecuted) {
            pending.complete(
                    now, new Outcome.Unknown("an earlier attempt may have been executed"), logTime);
        } else {
            pending.complete(now, refusal, logTime);
        }
    }

    /** The connection to a node is gone: nothing that was sent there will be answered. */
    void onPeerDown(Now now, long nodeId) {
        List<Attempt> lost = new ArrayList<>();
        for (Attempt attempt : attemptByToken.values()) {
            if (attempt.nodeId() == nodeId) {
                lost.add(attempt);
            }
        }
        for (Attempt attempt : lost) {
            abandon(now, attempt);
        }
    }

    /** Makes the attempts that are due, gives up what is too old. */
    void tick(Now now) {
        while (!attemptsByAge.isEmpty()
                && now.nanos() - attemptsByAge.getFirst().sentNanos() >= ATTEMPT_NANOS) {
            abandon(now, attemptsByAge.removeFirst());
        }
        while (!retriesByNanos.isEmpty() && retriesByNanos.firstKey() <= now.nanos()) {
            for (Pending pending : retriesByNanos.pollFirstEntry().getValue()) {
                attempt(now, pending);
            }
        }
        expire(now);
    }

    private void abandon(Now now, Attempt attempt) {
        if (attemptByToken.remove(attempt.token()) == null) {
            return;
        }
        Pending pending = attempt.pending();
        if (pending.done || attempt.number() != pending.attemptNumber) {
            return;
        }
        pending.maybeExecuted = true;
        if (config.mutations().contains(Mutation.RETRY_UNDER_NEW_ID)) {
            forgetIdentity(pending);
        }
        pending.waitsForAnswer = false;
        places.learnLeader(pending.group, 0);
        retryLater(now, pending, new Outcome.NotLeader(0));
    }

    private static void forgetIdentity(Pending pending) {
        OwnSession session = pending.session;
        if (session != null) {
            session.finish(pending.request);
            pending.session = null;
            pending.request = new Request(Optional.empty(), pending.request.command());
        }
    }

    private void expire(Now now) {
        while (!pendingByAge.isEmpty()) {
            Pending pending = pendingByAge.getFirst();
            if (!pending.done && now.nanos() - pending.expiresNanos < 0) {
                return;
            }
            pendingByAge.removeFirst();
            if (!pending.done) {
                pending.maybeExecuted |= pending.waitsForAnswer;
                finishRefused(now, pending, pending.lastRefusal, 0);
            }
        }
    }
}
