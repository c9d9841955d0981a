package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.sim.check.ClusterWatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
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
    private final Scenario scenario;
    private final Admin admin;
    private final GroupsView groups;

    /** Sets the cluster up, with all its nodes on one side, and all groups in. */
    public SteeredStore(long seed, Scenario scenario) {
        this(seed, scenario, scenario.dataGroups());
    }

    /** As above, with the first so many groups in; all have their replicas. */
    public SteeredStore(long seed, Scenario scenario, int joined) {
        this.scenario = scenario;
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
            clients.add(new SessionClient(world, network, nodes, nodes, address(side)));
        }
        replacement = new DiskReplacement(world, nodes);
        admin = new Admin(world, nodes);
        groups = new GroupsView(scenario, nodes);
        nodes.forEach(SimNode::start);
        network.connectNodes();
        admin.setUp(joined);
        admin.create(LongStream.rangeClosed(1, scenario.dataGroups()).boxed().toList());
        int shards = joined == 0 ? 0 : scenario.shards();
        until(SET_UP_MILLIS, () -> admin.isIdle() && world.watch().shardsServed() == shards);
        clients.forEach(SessionClient::connect);
        replacement.begin();
        network.links(scenario.links());
    }

    public GroupsView groups() {
        return groups;
    }

    private static long address(Side side) {
        return Trace.SESSIONS_FROM + side.client;
    }

    private boolean until(long millisMax, BooleanSupplier done) {
        long end = timeline.now() + millisMax * MILLISECOND;
        while (!done.getAsBoolean() && timeline.now() < end && timeline.step()) {}
        return done.getAsBoolean();
    }

    /** Node of the replica that leads the first data group in the latest term; 0 if none does. */
    public long leader() {
        return groups.leader(DATA_GROUP);
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

    /** Nobody hears this node any more, no client either, and it hears nobody. */
    public void cutOff(long node) {
        for (long other : network.endpoints()) {
            if (other != node) {
                network.cut(node, other);
                network.cut(other, node);
            }
        }
    }

    /** The client of this side is heard, and hears nobody any more. */
    public void deafen(Side side) {
        nodes.forEach(node -> network.cut(node.id(), address(side)));
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

    /** All processes that a group's replicas are in; of the shard master for group 0. */
    public void killGroup(long group) {
        scenario.nodesOf(group).forEach(this::kill);
    }

    public void startGroup(long group) {
        scenario.nodesOf(group).forEach(this::start);
    }

    // ---- groups come and go

    /** What these begin, an operator sees to, one after the other, for as long as it takes. */
    public void join(Long... joining) {
        admin.join(List.of(joining));
    }

    public void leave(Long... leaving) {
        admin.leave(List.of(leaving));
    }

    public void move(int shard, long group) {
        admin.move(shard, group);
    }

    /** Lets time go by until the shard master has carried out what was begun. */
    public boolean awaitChange(long millisMax) {
        return until(millisMax, admin::isIdle);
    }

    /** As above, and each group serves just what the config gives it, and nothing is left over. */
    public boolean awaitMoves(long millisMax) {
        return awaitServed(millisMax) && until(millisMax, groups::isAtRest);
    }

    /** As above, but what is left over may not be released yet. */
    public boolean awaitServed(long millisMax) {
        if (!awaitChange(millisMax)) {
            return false;
        }
        ShardConfig config = config();
        return until(millisMax, () -> groups.isServed(config));
    }

    /** The newest config there is. */
    public ShardConfig config() {
        Asked asked = ask(Side.MAJORITY, new Command.QueryConfig(-1));
        return switch (await(asked, SET_UP_MILLIS).orElseThrow()) {
            case Outcome.Cluster cluster -> cluster.map().config();
            case Outcome other -> throw new IllegalStateException("no config but " + other);
        };
    }

    /** The spec with which a group joins. */
    public GroupSpec spec(long group) {
        return admin.spec(group);
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

    /**
     * As one without an identity at the door of a node, of a group that may not be the right one.
     */
    public Asked askAt(long node, long group, Command command, ReadMode mode) {
        Asked asked = new Asked();
        nodes.get((int) node - 1)
                .process()
                .orElseThrow()
                .ask(
                        group,
                        new Request(Optional.empty(), command),
                        mode,
                        answer -> asked.outcome = answer.outcome());
        return asked;
    }

    /** Lets time go by until the answer is there, for so long at most. */
    public Optional<Outcome> await(Asked asked, long millisMax) {
        until(millisMax, () -> asked.outcome != null);
        return asked.outcome();
    }

    /** Simulated time so far. */
    public long nowMillis() {
        return timeline.now() / MILLISECOND;
    }

    public void run(long millis) {
        until(millis, () -> false);
    }
}
