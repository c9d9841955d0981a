package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.base.Bytes;
import io.somekv.client.ClientCore;
import io.somekv.client.ClientEffect;
import io.somekv.client.ClientSettings;
import io.somekv.client.NodeAddress;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The real client core on the simulated network: it has an identity, and tries again under it. */
final class SessionClient implements Client, Network.Endpoint {
    private static final long ATTEMPT_MILLIS_MIN = 300;
    private static final long RECONNECT_NANOS = 200 * MILLISECOND;

    private final World world;
    private final Network network;
    private final List<SimNode> nodes;
    private final long id;
    private final ClientCore core;

    /** The nodes that it has connections to, or would have, by the numbers that the core uses. */
    private final TreeMap<Integer, Long> nodesByEndpoint = new TreeMap<>();

    /** Nodes that a connection to would stand. */
    private final TreeSet<Long> reachable = new TreeSet<>();

    private final long clockOffsetMillis;
    private final TreeMap<Long, Consumer<Outcome>> asked = new TreeMap<>();
    private long nextToken = 1;
    private long wakeUpAt = Long.MAX_VALUE;

    /**
     * @param given the nodes that it is told of; of the others it hears by the cluster map
     */
    SessionClient(World world, Network network, List<SimNode> nodes, List<SimNode> given, long id) {
        this.world = world;
        this.network = network;
        this.nodes = nodes;
        this.id = id;
        SplittableRandom random = world.fork();
        this.clockOffsetMillis = random.nextLong(1L << 40);
        long attempt = random.nextLong(ATTEMPT_MILLIS_MIN, world.scenario().attemptMillisMax());
        ClientSettings settings = new ClientSettings(20_000, 20_000, attempt, 5, 500, 64, 1 << 10);
        List<NodeAddress> addresses = new ArrayList<>();
        for (SimNode node : given) {
            nodesByEndpoint.put(addresses.size(), node.id());
            NodeInfo info = node.info();
            addresses.add(new NodeAddress(info.host(), info.peerPort()));
        }
        this.core = new ClientCore(addresses, settings, random.split());
        network.add(id, this);
    }

    /** Connects to the nodes that it was told of; call it when they run. */
    void connect() {
        for (SimNode node : nodes) {
            connection(node.id(), true);
        }
    }

    @Override
    public void execute(Command command, ReadMode mode, Consumer<Outcome> done) {
        long token = nextToken++;
        asked.put(token, done);
        core.request(token, command, mode, nowMillis());
        carryOut();
    }

    @Override
    public boolean isUp() {
        return true;
    }

    @Override
    public long incarnation() {
        return 0;
    }

    @Override
    public void receive(long from, long incarnation, Bytes frame) {
        OptionalInt endpoint = endpointOf(from);
        if (endpoint.isPresent()) {
            int number = endpoint.getAsInt();
            Frame decoded = Texts.decode(frame);
            core.onFrame(number, decoded, nowMillis());
            if (decoded instanceof Frame.Hello && !core.isReached(number)) {
                // Not of the cluster, or not yet: the rim hangs up and tries again.
                core.onDisconnected(number, nowMillis());
                connectAfter(RECONNECT_NANOS, number, from);
            }
            carryOut();
        }
    }

    @Override
    public void connection(long peer, boolean up) {
        if (up) {
            reachable.add(peer);
        } else {
            reachable.remove(peer);
        }
        OptionalInt endpoint = endpointOf(peer);
        if (endpoint.isPresent() && up) {
            core.onConnected(endpoint.getAsInt(), nowMillis());
        } else if (endpoint.isPresent()) {
            core.onDisconnected(endpoint.getAsInt(), nowMillis());
        }
        carryOut();
    }

    private OptionalInt endpointOf(long node) {
        return nodesByEndpoint.entrySet().stream()
                .filter(each -> each.getValue() == node)
                .mapToInt(Map.Entry::getKey)
                .findFirst();
    }

    private void carryOut() {
        for (ClientEffect effect : core.drain()) {
            switch (effect) {
                case ClientEffect.Send send ->
                        send(nodesByEndpoint.get(send.endpoint()), send.frame());
                case ClientEffect.Open open -> open(open);
                case ClientEffect.Close close -> nodesByEndpoint.remove(close.endpoint());
                case ClientEffect.Completed completed ->
                        complete(completed.token(), completed.outcome());
                case ClientEffect.Unreached unreached ->
                        complete(unreached.token(), new Outcome.NotLeader(0));
            }
        }
        planWakeUp();
    }

    /** What was to be sent before its connection was closed is lost with it. */
    private void send(@Nullable Long node, Frame frame) {
        if (node != null) {
            network.send(id, node, FrameCodec.encode(frame), Connections.of(frame));
        }
    }

    private void open(ClientEffect.Open open) {
        long node =
                nodes.stream()
                        .filter(each -> each.info().host().equals(open.address().host()))
                        .findFirst()
                        .orElseThrow()
                        .id();
        nodesByEndpoint.put(open.endpoint(), node);
        connectAfter(MILLISECOND, open.endpoint(), node);
    }

    private void connectAfter(long nanos, int endpoint, long node) {
        world.timeline()
                .after(
                        nanos,
                        () -> {
                            if (reachable.contains(node)) {
                                core.onConnected(endpoint, nowMillis());
                                carryOut();
                            }
                        });
    }

    private void complete(long token, Outcome outcome) {
        Consumer<Outcome> asker = asked.remove(token);
        if (asker == null) {
            throw new IllegalStateException("a request was answered twice");
        }
        asker.accept(outcome);
    }

    private void planWakeUp() {
        long at = core.nextWakeUpMillis();
        if (at >= wakeUpAt) {
            return;
        }
        wakeUpAt = at;
        long wait = Math.max(0, at - nowMillis()) * MILLISECOND;
        world.timeline()
                .after(
                        wait,
                        () -> {
                            if (wakeUpAt == at) {
                                wakeUpAt = Long.MAX_VALUE;
                                core.onTime(nowMillis());
                                carryOut();
                            }
                        });
    }

    private long nowMillis() {
        return world.timeline().now() / MILLISECOND + clockOffsetMillis;
    }
}
