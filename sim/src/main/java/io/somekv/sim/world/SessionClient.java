package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.base.Bytes;
import io.somekv.client.ClientCore;
import io.somekv.client.ClientEffect;
import io.somekv.client.ClientSettings;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.frame.FrameCodec;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The real client core on the simulated network: it has an identity, and tries again under it. */
final class SessionClient implements Client, Network.Endpoint {
    private static final long ATTEMPT_MILLIS_MIN = 300;

    private final World world;
    private final Network network;
    private final List<SimNode> nodes;
    private final long id;
    private final ClientCore core;
    private final long clockOffsetMillis;
    private final TreeMap<Long, Consumer<Outcome>> asked = new TreeMap<>();
    private long nextToken = 1;
    private long wakeUpAt = Long.MAX_VALUE;

    SessionClient(World world, Network network, List<SimNode> nodes, long id) {
        this.world = world;
        this.network = network;
        this.nodes = nodes;
        this.id = id;
        SplittableRandom random = world.fork();
        this.clockOffsetMillis = random.nextLong(1L << 40);
        long attempt = random.nextLong(ATTEMPT_MILLIS_MIN, world.scenario().attemptMillisMax());
        ClientSettings settings = new ClientSettings(20_000, 20_000, attempt, 5, 500, 64, 1 << 10);
        this.core = new ClientCore(nodes.size(), settings, random.split());
        network.add(id, this);
    }

    /** Connects to all nodes; call it when they run. */
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
        core.onFrame(endpoint(from), Texts.decode(frame), nowMillis());
        carryOut();
    }

    @Override
    public void connection(long peer, boolean up) {
        if (up) {
            core.onConnected(endpoint(peer), nowMillis());
        } else {
            core.onDisconnected(endpoint(peer), nowMillis());
        }
        carryOut();
    }

    private void carryOut() {
        for (ClientEffect effect : core.drain()) {
            switch (effect) {
                case ClientEffect.Send send ->
                        network.send(
                                id,
                                nodes.get(send.endpoint()).id(),
                                FrameCodec.encode(send.frame()),
                                Connections.of(send.frame()));
                case ClientEffect.Completed completed ->
                        complete(completed.token(), completed.outcome());
                case ClientEffect.Unreached unreached ->
                        complete(unreached.token(), new Outcome.NotLeader(0));
            }
        }
        planWakeUp();
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

    private static int endpoint(long node) {
        return (int) node - 1;
    }
}
