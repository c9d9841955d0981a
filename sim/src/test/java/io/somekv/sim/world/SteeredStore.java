package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.node.GroupStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.ReplicaStatus;
import io.somekv.sim.check.ClusterWatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A simulated cluster to which a test itself does what goes wrong, when it likes. It can be parted
 * in two, with a client on each side: nobody hears anybody of the other side then, and within a
 * side all is well. Its nodes are killed and lose their disks, and an operator looks after those.
 */
public final class SteeredStore {
    private static final long SET_UP_MILLIS = 60_000;
    private static final long DATA_GROUP = 1;

    /** Where a client is, and some of the nodes. */
    public enum Side {
        MAJORITY(0),
        MINORITY(1);

        private final int client;

        Side(int client) {
            this.client = client;
        }
    }

    /** A request, and its answer once that is there. */
    public static final class Asked {
        private @Nullable Outcome outcome;

        public Optional<Outcome> outcome() {
            return Optional.ofNullable(outcome);
        }
    }

    private final Timeline timeline = new Timeline();
    private final Network network;
    private final List<SimNode> nodes = new ArrayList<>();

    /** One on each {@link Side}, in their order. */
    private final List<SessionClient> clients = new ArrayList<>();

    private final DiskReplacement replacement;

    /** Sets the cluster up, with all its nodes on one side. */
    public SteeredStore(long seed, Scenario scenario) {
        World world =
                new World(
                        timeline,
                        Trace.hashOnly(timeline),
                        new ClusterWatch(),
                        scenario,
                        new SplittableRandom(seed),
                        Collections.emptySet());
        network = new Network(world);
        for (long id = 1; id <= scenario.nodes(); id++) {
            nodes.add(new SimNode(world, network, id));
        }
        for (Side side : Side.values()) {
            clients.add(new SessionClient(world, network, nodes, address(side)));
        }
        replacement = new DiskReplacement(world, nodes);
        Admin admin = new Admin(world, nodes);
        nodes.forEach(SimNode::start);
        network.connectNodes();
        admin.setUp();
        int shards = scenario.shards();
        until(SET_UP_MILLIS, () -> admin.isIdle() && world.watch().shardsServed() == shards);
        clients.forEach(SessionClient::connect);
        replacement.begin();
    }

    private static long address(Side side) {
        return Trace.SESSIONS_FROM + side.client;
    }

    private boolean until(long millisMax, BooleanSupplier done) {
        long end = timeline.now() + millisMax * MILLISECOND;
        while (!done.getAsBoolean() && timeline.now() < end && timeline.step()) {}
        return done.getAsBoolean();
    }

    /** Node of the replica that leads the data group in the latest term; 0 if none does. */
    public long leader() {
        long leader = 0;
        long latest = 0;
        for (SimNode node : nodes) {
            for (var lane : node.lanes()) {
                for (GroupStatus status : lane.status(node.now())) {
                    ReplicaStatus replica = status.replica();
                    if (status.groupId() == DATA_GROUP
                            && replica.role() == ReplicaStatus.Role.LEADER
                            && replica.term() > latest) {
                        leader = node.id();
                        latest = replica.term();
                    }
                }
            }
        }
        return leader;
    }

    /** All links between the two sides are cut, both ways. */
    public void part(List<Long> minority) {
        for (SimNode node : nodes) {
            for (long other : network.endpoints()) {
                if (isInMinority(node.id(), minority) != isInMinority(other, minority)) {
                    network.cut(node.id(), other);
                    network.cut(other, node.id());
                }
            }
        }
    }

    private static boolean isInMinority(long endpoint, List<Long> nodes) {
        return endpoint == address(Side.MINORITY) || nodes.contains(endpoint);
    }

    public void heal() {
        network.heal();
    }

    public void kill(long node) {
        nodes.get((int) node - 1).kill();
    }

    /** It dies, and with it its disk. */
    public void wipe(long node) {
        nodes.get((int) node - 1).wipe();
    }

    public void start(long node) {
        nodes.get((int) node - 1).start();
    }

    /** Lets time go by until no member of a group is on a disk that is gone. */
    public boolean awaitPlaces(long millisMax) {
        return until(millisMax, replacement::isDone);
    }

    public Asked ask(Side side, Command command) {
        Asked asked = new Asked();
        clients.get(side.client).execute(command, outcome -> asked.outcome = outcome);
        return asked;
    }

    /** Lets time go by until the answer is there, for so long at most. */
    public Optional<Outcome> await(Asked asked, long millisMax) {
        until(millisMax, () -> asked.outcome != null);
        return asked.outcome();
    }

    public void run(long millis) {
        until(millis, () -> false);
    }
}
