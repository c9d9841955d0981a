package io.somekv.client;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
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
    private final ClientSettings settings;
    private final SplittableRandom random;
    private final Endpoints endpoints;
    private final Route route;
    private final ClientIdentity identity;
    private final Outstanding pending;

    /** Call tokens of writes that wait for a client id or for room in the window. */
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();

    private boolean registering;

    private List<ClientEffect> effects = new ArrayList<>();

    /**
     * @param nodes that are connected to from the beginning, with the numbers from 0
     * @param random for the nonce and the jitter; never the same for two clients
     */
    public ClientCore(List<NodeAddress> nodes, ClientSettings settings, SplittableRandom random) {
        Invariant.check(!nodes.isEmpty(), "there is a node to speak to");
        this.settings = settings;
        this.random = random;
        this.pending = new Outstanding(settings.lifetimeMillis());
        this.endpoints = new Endpoints(nodes);
        this.route = new Route(endpoints);
        UUID nonce = new UUID(random.nextLong(), random.nextLong());
        this.identity = new ClientIdentity(nonce, settings);
    }

    /** The id that the shard master gave; empty until a write was asked for and it answered. */
    public Optional<ClientId> client() {
        return identity.client();
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
        PendingRequest request = pending.add(Optional.of(token), command, nowMillis);
        request.mode = mode;
        if (request.needsStamp()) {
            waiting.add(request.callToken);
            pending.wakeAt(request, patienceEndsAt(request));
            startWaiting(nowMillis);
        } else {
            send(request, nowMillis);
        }
    }

    /**
     * A connection stands; what had none to go out on goes out, here or once the node has said who
     * it is. Here and below, what is told of a connection that was closed by a {@link
     * ClientEffect.Close} counts for nothing.
     */
    public void onConnected(int endpoint, long nowMillis) {
        if (!endpoints.has(endpoint)) {
            return;
        }
        endpoints.onConnected(endpoint);
        effects.add(new ClientEffect.Send(endpoint, route.hello(endpoint)));
        sendParked(nowMillis);
    }

    private void sendParked(long nowMillis) {
        for (PendingRequest request : pending.all()) {
            if (request.parked) {
                send(request, nowMillis);
            }
        }
    }

    /** A connection is gone, and with it perhaps some answers. */
    public void onDisconnected(int endpoint, long nowMillis) {
        if (!endpoints.has(endpoint)) {
            return;
        }
        boolean alone = endpoints.onDisconnected(endpoint, nowMillis);
        for (PendingRequest request : pending.all()) {
            if (request.endpoint == endpoint) {
                pause(request, nowMillis);
            } else if (alone && request.waitsForStamp()) {
                pending.wakeAt(request, patienceEndsAt(request));
            }
        }
    }

    public void onFrame(int endpoint, Frame frame, long nowMillis) {
        if (!endpoints.has(endpoint)) {
            return;
        }
        endpoints.onHeard(endpoint);
        if (frame instanceof Frame.Hello hello) {
            route.onHello(endpoint, hello);
            sendParked(nowMillis);
        } else if (frame instanceof Frame.Reply reply) {
            identity.observe(reply.logTime(), nowMillis);
            PendingRequest request = pending.find(reply.token());
            if (request != null) {
                onOutcome(request, endpoint, reply.outcome(), nowMillis);
            }
        }
    }

    /** Time has passed; call it at {@link #nextWakeUpMillis} at the latest. */
    public void onTime(long nowMillis) {
        PendingRequest request = pending.due(nowMillis);
        while (request != null) {
            if (nowMillis >= request.giveUpAtMillis) {
                giveUp(request, nowMillis);
            } else if (isOutOfReach(request) && nowMillis >= patienceEndsAt(request)) {
                endUnreached(request, nowMillis);
            } else if (request.waitsForStamp()) {
                pending.wakeAt(request, patienceEndsAt(request));
            } else if (request.endpoint != Endpoints.NONE) {
                onSilence(request, nowMillis);
            } else {
                send(request, nowMillis);
            }
            request = pending.due(nowMillis);
        }
    }

    /** Whether that endpoint is connected, and a node of the cluster has said Hello there. */
    public boolean isReached(int endpoint) {
        return endpoints.has(endpoint) && endpoints.isIntroduced(endpoint);
    }

    /** Whether any node can be spoken to. */
    public boolean isAnyReached() {
        return endpoints.isAnyReached();
    }

    /** When {@link #onTime} has something to do; {@code Long.MAX_VALUE} for never. */
    public long nextWakeUpMillis() {
        return pending.nextWakeUpMillis();
    }

    /** The effects since the last call, in order. */
    public List<ClientEffect> drain() {
        List<ClientEffect> drained = effects;
        effects = new ArrayList<>();
        return drained;
    }

    // ---- what becomes of a request

    private void onOutcome(PendingRequest request, int endpoint, Outcome outcome, long nowMillis) {
        if (!request.isAnswer(outcome)) {
            // A cluster that has not started refuses, and so does a node that is in none.
            endpoints.onNoHelp(endpoint);
            pause(request, nowMillis);
        } else if (outcome instanceof Outcome.Result || outcome instanceof Outcome.Invalid) {
            complete(request, outcome, nowMillis);
        } else if (outcome instanceof Outcome.DiskNearlyFull && request.isOnlyCopy()) {
            // It takes a person, or deletes, and not a moment.
            complete(request, outcome, nowMillis);
        } else if (outcome instanceof Outcome.BelowFloor) {
            complete(request, new Outcome.Unknown("its record is gone"), nowMillis);
        } else if (outcome instanceof Outcome.DeadlineNeeded needed && request.lacksDeadline()) {
            identity.observe(needed.logTime(), nowMillis);
            send(request, nowMillis);
        } else if (request.isMisdirected(endpoint, outcome)) {
            onMisdirected(request, outcome, nowMillis);
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
                pending.wakeNotBefore(request, nowMillis + busy.retryAfterMillis());
            }
        }
    }

    /** It is not with the node that it was sent to directly: it goes on at once. */
    private void onMisdirected(PendingRequest request, Outcome outcome, long nowMillis) {
        request.refusal = Optional.of(outcome);
        request.onCopyRefused();
        Route.Target tried = request.direct.orElseThrow();
        long leader = outcome instanceof Outcome.NotLeader other ? other.leaderNode() : 0;
        if (leader != 0 && leader != tried.nodeId()) {
            route.onLeader(tried, leader);
        } else {
            request.goesToAnyNode();
            if (outcome instanceof Outcome.WrongGroup) {
                route.onWrongGroup(tried);
            } else {
                route.onNoHelp(tried, nowMillis);
            }
        }
        send(request, nowMillis);
    }

    private void onSilence(PendingRequest request, long nowMillis) {
        endpoints.onNoHelp(request.endpoint);
        if (request.direct.isPresent()) {
            endpoints.onSilence(request.endpoint, nowMillis);
            route.onNoHelp(request.direct.get(), nowMillis);
        }
        pause(request, nowMillis);
    }

    private void complete(PendingRequest request, Outcome outcome, long nowMillis) {
        forget(request);
        request.token.ifPresent(token -> effects.add(new ClientEffect.Completed(token, outcome)));
        if (request.command instanceof Command.RegisterClient && request.token.isEmpty()) {
            registering = false;
            if (outcome instanceof Outcome.Registered registered) {
                identity.onRegistered(registered.client());
            }
        } else if (request.token.isEmpty()) {
            route.onAsked(nowMillis);
            if (outcome instanceof Outcome.Cluster cluster) {
                learn(cluster.map(), nowMillis);
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
                ? Math.max(request.askedAtMillis, endpoints.aloneSinceMillis())
                        + settings.reachMillis()
                : request.giveUpAtMillis;
    }

    private void endUnreached(PendingRequest request, long nowMillis) {
        forget(request);
        request.token.ifPresent(token -> effects.add(new ClientEffect.Unreached(token)));
        startWaiting(nowMillis);
    }

    private void forget(PendingRequest request) {
        pending.remove(request);
        request.stamp.ifPresent(identity::finish);
    }

    // ---- sending

    /** For the core itself; goes on for as long as any request does. */
    private void askForItself(Command command, long nowMillis) {
        send(pending.add(Optional.empty(), command, nowMillis), nowMillis);
    }

    /** Stamps and sends what waits, as far as there is an id and room in the window. */
    private void startWaiting(long nowMillis) {
        if (identity.client().isEmpty()) {
            while (!waiting.isEmpty() && pending.find(waiting.peek()) == null) {
                waiting.remove();
            }
            if (!registering && !waiting.isEmpty()) {
                registering = true;
                askForItself(identity.registration(), nowMillis);
            }
            return;
        }
        while (!waiting.isEmpty() && identity.hasRoom()) {
            PendingRequest request = pending.find(waiting.remove());
            if (request != null) {
                request.stamp = identity.begin(nowMillis);
                send(request, nowMillis);
            }
        }
    }

    private void send(PendingRequest request, long nowMillis) {
        request.direct =
                request.mayGoDirectly()
                        ? route.target(request.command, nowMillis)
                        : Optional.empty();
        request.endpoint =
                request.direct
                        .map(Route.Target::endpoint)
                        .orElseGet(() -> endpoints.choose(request.mode));
        request.parked = request.endpoint == Endpoints.NONE;
        if (request.parked) {
            pending.wakeAt(request, patienceEndsAt(request));
            return;
        }
        request.stamp = request.stamp.map(before -> identity.again(before, nowMillis));
        request.onSent();
        pending.wakeAt(request, nowMillis + request.patienceMillis(settings));
        effects.add(new ClientEffect.Send(request.endpoint, request.call()));
        if (request.isByKey() && route.beginsToAsk(nowMillis)) {
            askForItself(new Command.QueryConfig(-1), nowMillis);
        }
    }

    /** Connections follow the nodes first: who cannot be reached any more leads nothing here. */
    private void learn(ClusterMap map, long nowMillis) {
        for (int endpoint : endpoints.needless(map.nodes())) {
            onDisconnected(endpoint, nowMillis);
            endpoints.remove(endpoint);
            effects.add(new ClientEffect.Close(endpoint));
        }
        for (NodeInfo node : endpoints.missing(map.nodes())) {
            int endpoint = endpoints.add(node);
            effects.add(new ClientEffect.Open(endpoint, Endpoints.addressOf(node)));
        }
        route.learn(map, nowMillis);
    }

    /**
     * From now on it goes to any node: each knows the way as well. The pause doubles from copy to
     * copy, and is drawn from its upper half, so that clients spread out.
     */
    private void pause(PendingRequest request, long nowMillis) {
        request.goesToAnyNode();
        request.endpoint = Endpoints.NONE;
        int doublings = Math.min(request.copies, 16);
        long pause =
                Math.min(settings.backoffMaxMillis(), settings.backoffMinMillis() << doublings);
        pending.wakeAt(request, nowMillis + pause - random.nextLong(pause / 2 + 1));
    }
}
