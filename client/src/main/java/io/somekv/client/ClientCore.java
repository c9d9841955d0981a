package io.somekv.client;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.session.ClientSession;
import io.somekv.protocol.session.Deadlines;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The client without its sockets: registers, keeps many requests outstanding, sends them again
 * until they are answered or their time is over, and never has a write executed twice (DESIGN §6;
 * Ongaro's thesis §6.3). Time and randomness are inputs; inputs are methods, effects are taken with
 * {@link #drain}.
 *
 * <p>Copies of a request share client, sequence and deadline. The deadline is fixed with the first
 * copy that carries a real one:
 *
 * <ol>
 *   <li>A copy with deadline 100 is delayed, another with deadline 60 is executed.
 *   <li>At log time 61 the group forgets the client.
 *   <li>At 70 the delayed copy comes, is not past its deadline, and is executed again.
 * </ol>
 *
 * <p>A copy without a deadline is never executed, so replacing a missing one is safe.
 */
public final class ClientCore {
    private static final UUID NOBODY = new UUID(0, 0);

    private final ClientSettings settings;
    private final SplittableRandom random;
    private final Endpoints endpoints;
    private final Deadlines deadlines;
    private final UUID nonce;
    private final Map<Long, PendingRequest> pending = new LinkedHashMap<>();

    /** Pending requests by the time at which something is to be done about them. */
    private final TreeSet<WakeUp> wakeUps = new TreeSet<>();

    /** Call tokens of writes that wait for a client id or for room in the window. */
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();

    private Optional<ClientSession> session = Optional.empty();
    private boolean registering;

    /** When the last node was lost that had been reached. */
    private long aloneSinceMillis = Long.MIN_VALUE / 2;

    private long nextCallToken = 1;
    private List<ClientEffect> effects = new ArrayList<>();

    private record WakeUp(long atMillis, long callToken) implements Comparable<WakeUp> {
        @Override
        public int compareTo(WakeUp other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : Long.compare(callToken, other.callToken);
        }
    }

    /**
     * @param endpointCount nodes that can be connected to, numbered from 0
     * @param random for the nonce and the jitter; never the same for two clients
     */
    public ClientCore(int endpointCount, ClientSettings settings, SplittableRandom random) {
        Invariant.check(endpointCount > 0, "there is a node to speak to");
        this.settings = settings;
        this.random = random;
        this.endpoints = new Endpoints(endpointCount);
        this.deadlines = new Deadlines(settings.lifetimeMillis());
        this.nonce = new UUID(random.nextLong(), random.nextLong());
    }

    /** The id that the shard master gave; empty until a write was asked for and it answered. */
    public Optional<ClientId> client() {
        return session.map(ClientSession::client);
    }

    /**
     * Asks for something. Its answer is a {@link ClientEffect.Completed}: a result, or Unknown for
     * a write that may or may not have been executed, or what kept it from being executed; or a
     * {@link ClientEffect.Unreached}, early, while there is no node at all to send it to.
     *
     * @param token the caller's, to know the answer by
     */
    public void request(long token, Command command, long nowMillis) {
        request(token, command, ReadMode.LEADER, nowMillis);
    }

    /** As {@link #request(long, Command, long)}, with a say in who may answer a read. */
    public void request(long token, Command command, ReadMode mode, long nowMillis) {
        if (pending.size() >= settings.queueMax()) {
            int pause = (int) settings.backoffMaxMillis();
            effects.add(new ClientEffect.Completed(token, new Outcome.Busy(pause)));
            return;
        }
        PendingRequest request = add(Optional.of(token), command, nowMillis);
        request.mode = mode;
        if (request.needsStamp()) {
            waiting.add(request.callToken);
            wakeAt(request, patienceEndsAt(request));
            startWaiting(nowMillis);
        } else {
            send(request, nowMillis);
        }
    }

    /** A connection stands; everything that had none to go out on goes out now. */
    public void onConnected(int endpoint, long nowMillis) {
        endpoints.onConnected(endpoint);
        effects.add(new ClientEffect.Send(endpoint, new Frame.Hello(NOBODY, 0, NOBODY, 0, 0)));
        for (PendingRequest request : pending.values()) {
            if (request.parked) {
                send(request, nowMillis);
            }
        }
    }

    /** A connection is gone, and with it perhaps some answers. */
    public void onDisconnected(int endpoint, long nowMillis) {
        boolean wasReached = endpoints.isAnyReached();
        endpoints.onDisconnected(endpoint);
        boolean alone = wasReached && !endpoints.isAnyReached();
        if (alone) {
            aloneSinceMillis = nowMillis;
        }
        for (PendingRequest request : pending.values()) {
            if (request.endpoint == endpoint) {
                pause(request, nowMillis);
            } else if (alone && request.waitsForStamp()) {
                wakeAt(request, patienceEndsAt(request));
            }
        }
    }

    public void onFrame(int endpoint, Frame frame, long nowMillis) {
        if (frame instanceof Frame.Hello hello) {
            endpoints.onHello(endpoint, hello.nodeId());
        } else if (frame instanceof Frame.Reply reply) {
            deadlines.observe(reply.logTime(), nowMillis);
            PendingRequest request = pending.get(reply.token());
            if (request != null) {
                onOutcome(request, endpoint, reply.outcome(), nowMillis);
            }
        }
    }

    /** Time has passed; call it at {@link #nextWakeUpMillis} at the latest. */
    public void onTime(long nowMillis) {
        while (!wakeUps.isEmpty() && wakeUps.first().atMillis <= nowMillis) {
            PendingRequest request = known(wakeUps.first().callToken);
            if (nowMillis >= request.giveUpAtMillis) {
                giveUp(request, nowMillis);
            } else if (isOutOfReach(request) && nowMillis >= patienceEndsAt(request)) {
                endUnreached(request, nowMillis);
            } else if (request.waitsForStamp()) {
                wakeAt(request, patienceEndsAt(request));
            } else if (request.endpoint != Endpoints.NONE) {
                endpoints.onNoHelp(request.endpoint);
                pause(request, nowMillis);
            } else {
                send(request, nowMillis);
            }
        }
    }

    /** When {@link #onTime} has something to do; {@code Long.MAX_VALUE} for never. */
    public long nextWakeUpMillis() {
        return wakeUps.isEmpty() ? Long.MAX_VALUE : wakeUps.first().atMillis;
    }

    /** The effects since the last call, in order. */
    public List<ClientEffect> drain() {
        List<ClientEffect> drained = effects;
        effects = new ArrayList<>();
        return drained;
    }

    // ---- what becomes of a request

    private void onOutcome(PendingRequest request, int endpoint, Outcome outcome, long nowMillis) {
        if (request.token.isEmpty() && !(outcome instanceof Outcome.Registered)) {
            // A cluster that has not started refuses, and so does a node that is in none.
            endpoints.onNoHelp(endpoint);
            pause(request, nowMillis);
        } else if (outcome instanceof Outcome.Result || outcome instanceof Outcome.Invalid) {
            complete(request, outcome, nowMillis);
        } else if (outcome instanceof Outcome.DiskNearlyFull && request.executableCopies <= 1) {
            // It takes a person, or deletes, and not a moment.
            complete(request, outcome, nowMillis);
        } else if (outcome instanceof Outcome.BelowFloor) {
            complete(request, new Outcome.Unknown("its record is gone"), nowMillis);
        } else if (outcome instanceof Outcome.DeadlineNeeded needed && lacksDeadline(request)) {
            deadlines.observe(needed.logTime(), nowMillis);
            send(request, nowMillis);
        } else {
            // Unknown too: the same stamp may be sent again, and finds out.
            if (outcome instanceof Outcome.NotExecuted) {
                request.refusal = Optional.of(outcome);
            }
            if (outcome instanceof Outcome.NotLeader other) {
                endpoints.onLeaderHint(endpoint, other.leaderNode());
            } else if (outcome instanceof Outcome.WrongGroup) {
                endpoints.onNoHelp(endpoint);
            }
            pause(request, nowMillis);
            if (outcome instanceof Outcome.Busy busy) {
                wakeAt(
                        request,
                        Math.max(request.wakeAtMillis, nowMillis + busy.retryAfterMillis()));
            }
        }
    }

    private static boolean lacksDeadline(PendingRequest request) {
        return request.stamp.isPresent() && request.stamp.get().deadlineMillis() == 0;
    }

    private void complete(PendingRequest request, Outcome outcome, long nowMillis) {
        forget(request);
        request.token.ifPresent(token -> effects.add(new ClientEffect.Completed(token, outcome)));
        if (request.token.isEmpty()) {
            registering = false;
            if (outcome instanceof Outcome.Registered registered) {
                session = Optional.of(new ClientSession(registered.client(), settings.window()));
            }
        }
        startWaiting(nowMillis);
    }

    /** Its time is over. A write that may have been executed is Unknown, never a failure. */
    private void giveUp(PendingRequest request, long nowMillis) {
        if (isOutOfReach(request) && request.refusal.isEmpty()) {
            endUnreached(request, nowMillis);
            return;
        }
        boolean unknown = request.command instanceof Command.Write && request.maybeExecuted();
        complete(
                request,
                unknown
                        ? new Outcome.Unknown("no answer before the deadline")
                        : request.refusal.orElse(new Outcome.NotLeader(0)),
                nowMillis);
    }

    /**
     * No node can be reached, and no node can be executing it. The core's own registration is left
     * out: it goes on for those that wait for it.
     */
    private boolean isOutOfReach(PendingRequest request) {
        return !request.maybeExecuted() && request.token.isPresent() && !endpoints.isAnyReached();
    }

    /** When a request that nothing can be done for ends. */
    private long patienceEndsAt(PendingRequest request) {
        return isOutOfReach(request)
                ? Math.max(request.askedAtMillis, aloneSinceMillis) + settings.reachMillis()
                : request.giveUpAtMillis;
    }

    private void endUnreached(PendingRequest request, long nowMillis) {
        forget(request);
        request.token.ifPresent(token -> effects.add(new ClientEffect.Unreached(token)));
        startWaiting(nowMillis);
    }

    private void forget(PendingRequest request) {
        wakeUps.remove(new WakeUp(request.wakeAtMillis, request.callToken));
        pending.remove(request.callToken);
        request.stamp.ifPresent(stamp -> openSession().finish(stamp.sequence()));
    }

    // ---- sending

    private PendingRequest add(Optional<Long> token, Command command, long nowMillis) {
        long giveUpAt = nowMillis + settings.lifetimeMillis();
        PendingRequest request =
                new PendingRequest(nextCallToken++, token, command, nowMillis, giveUpAt);
        pending.put(request.callToken, request);
        return request;
    }

    /** Stamps and sends what waits, as far as there is an id and room in the window. */
    private void startWaiting(long nowMillis) {
        if (session.isEmpty()) {
            while (!waiting.isEmpty() && !pending.containsKey(waiting.peek())) {
                waiting.remove();
            }
            if (!registering && !waiting.isEmpty()) {
                registering = true;
                send(
                        add(Optional.empty(), new Command.RegisterClient(nonce), nowMillis),
                        nowMillis);
            }
            return;
        }
        while (!waiting.isEmpty() && openSession().hasRoom()) {
            PendingRequest request = pending.get(waiting.remove());
            if (request != null) {
                request.stamp = openSession().begin(deadlines.next(nowMillis));
                send(request, nowMillis);
            }
        }
    }

    private void send(PendingRequest request, long nowMillis) {
        int endpoint = endpoints.choose();
        request.endpoint = endpoint;
        request.parked = endpoint == Endpoints.NONE;
        if (request.parked) {
            wakeAt(request, patienceEndsAt(request));
            return;
        }
        Optional<RequestStamp> stamp = request.stamp.map(before -> freshStamp(before, nowMillis));
        request.stamp = stamp;
        if (stamp.isPresent() && stamp.get().deadlineMillis() != 0) {
            request.executableCopies++;
        }
        request.copies++;
        wakeAt(request, nowMillis + settings.attemptMillis());
        effects.add(
                new ClientEffect.Send(
                        endpoint,
                        new Frame.Call(
                                request.callToken,
                                groupOf(request.command),
                                0,
                                new Request(stamp, request.command),
                                request.mode)));
    }

    /** For the next copy: floor as of now, and the deadline as it is, unless there is none yet. */
    private RequestStamp freshStamp(RequestStamp before, long nowMillis) {
        long deadline = before.deadlineMillis() == 0 ? deadlines.next(nowMillis) : 0;
        return deadline == 0
                ? openSession().restamp(before)
                : openSession().withDeadline(before, deadline);
    }

    /** Doubles from copy to copy, and is drawn from its upper half, so that clients spread out. */
    private void pause(PendingRequest request, long nowMillis) {
        request.endpoint = Endpoints.NONE;
        int doublings = Math.min(request.copies, 16);
        long pause =
                Math.min(settings.backoffMaxMillis(), settings.backoffMinMillis() << doublings);
        wakeAt(request, nowMillis + pause - random.nextLong(pause / 2 + 1));
    }

    private void wakeAt(PendingRequest request, long atMillis) {
        wakeUps.remove(new WakeUp(request.wakeAtMillis, request.callToken));
        request.wakeAtMillis = Math.min(atMillis, request.giveUpAtMillis);
        wakeUps.add(new WakeUp(request.wakeAtMillis, request.callToken));
    }

    private ClientSession openSession() {
        return session.orElseThrow(() -> Invariant.unreachable("a stamp without a session"));
    }

    private PendingRequest known(long callToken) {
        PendingRequest request = pending.get(callToken);
        if (request == null) {
            throw Invariant.unreachable("a wake-up for nothing");
        }
        return request;
    }

    private static long groupOf(Command command) {
        boolean ofMaster =
                command instanceof Command.RegisterClient
                        || command instanceof Command.QueryConfig
                        || command instanceof Command.Join
                        || command instanceof Command.Leave
                        || command instanceof Command.Move
                        || command instanceof Command.RegisterNode
                        || command instanceof Command.ForgetNode
                        || command instanceof Command.StartCluster;
        return ofMaster ? GroupSpec.MASTER : Frame.ANY_GROUP;
    }
}
