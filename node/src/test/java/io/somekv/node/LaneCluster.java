package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Now;
import io.somekv.raft.ReplicaStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;

/**
 * Some nodes of two lanes each, on a network and disks that do what a test tells them: links are
 * cut one way, frames held back or doubled, disks stall, nodes crash and come back. (What can go
 * wrong at random is the simulator's.) {@link LaneNodes} runs them; here is what a test asks of
 * them.
 */
final class LaneCluster {
    static final int LANES = 2;
    private final LaneNetwork network = new LaneNetwork();
    private final LaneNodes nodes;
    private long nextToken = 1;

    LaneCluster(int nodeCount) {
        this(nodeCount, LaneNodes.Setup.DEFAULT);
    }

    LaneCluster(int nodeCount, LaneNodes.Setup setup) {
        nodes = new LaneNodes(nodeCount, setup, network);
    }

    NodeDisk disk(long node) {
        return nodes.disk(node);
    }

    void crash(long node) {
        nodes.crash(node);
    }

    void restart(long node) {
        nodes.restart(node);
    }

    Now now() {
        return nodes.now();
    }

    /** From now on the node's wall clock is off by so much. */
    void wallClock(long node, long offsetMillis) {
        nodes.wallClock(node, offsetMillis);
    }

    void stallDisk(long node) {
        disk(node).stall();
    }

    /** What was appended meanwhile becomes durable. */
    void freeDisk(long node) {
        disk(node).goOn();
    }

    void network(FrameFates fates) {
        network.fates(fates);
    }

    /** What was held back arrives now. */
    void releaseHeld() {
        nodes.enqueue(network.release());
    }

    int heldCount() {
        return network.heldCount();
    }

    /** Runs until nobody waits for an answer anywhere: all bounds are back at zero then (KB-37). */
    boolean comesToRest() {
        for (int i = 0; i < 600 && !nodes.isIdle(); i++) {
            run(1);
        }
        return nodes.isIdle();
    }

    static UUID storeOf(long node) {
        return new UUID(0xd15c, node);
    }

    Lane lane(long node, long group) {
        return nodes.lanes(node)[(int) (group % LANES)];
    }

    /** Tells a restarted node the cluster map, as its rim would. */
    void learn(long node) {
        nodes.giveAll(node, new LaneInput.Learned(nodes.newestMap()));
    }

    /** Nothing arrives from or at the node. */
    void cutOff(long node) {
        for (long other : nodes.all()) {
            network.cut(node, other);
            network.cut(other, node);
        }
    }

    /** A frame comes to a node that its sender's lanes know nothing of. */
    void arrive(long from, long to, Frame frame) {
        nodes.give(to, 0, new LaneInput.FromPeer(from, 1, frame));
    }

    /**
     * What one end's lanes are told of its connection to another node; frames come all the same.
     */
    void connection(long node, long other, boolean isUp) {
        nodes.giveAll(node, new LaneInput.PeerUp(other, isUp));
    }

    /** One way only. */
    void cut(long from, long to) {
        network.cut(from, to);
    }

    /** A group's replicas say nothing to each other until {@link #heal}: it loses its leader. */
    void silence(long group) {
        network.silence(group);
    }

    void heal() {
        network.heal();
    }

    /** Node of the replica that leads a group, as most of its replicas see it. */
    long leaderOf(long group) {
        for (long node : nodes.up()) {
            for (GroupStatus status : lane(node, group).status(now())) {
                if (status.groupId() == group
                        && status.replica().role() == ReplicaStatus.Role.LEADER) {
                    return node;
                }
            }
        }
        return 0;
    }

    /** A group as its leader sees it. */
    GroupStatus status(long group) {
        return lane(leaderOf(group), group).status(now()).stream()
                .filter(status -> status.groupId() == group)
                .findFirst()
                .orElseThrow();
    }

    /** Creates group 0 on all nodes and starts the cluster, then has the data groups join. */
    void start(int shardCount, int groups) {
        for (long group = 0; group <= groups; group++) {
            createGroup(group);
        }
        start(shardCount, LongStream.rangeClosed(1, groups).mapToObj(this::spec).toList());
    }

    /** The same with groups 0 and 1, which are there already, on the first so many nodes. */
    void startOn(int count, int shardCount) {
        startOn(count, shardCount, 1);
    }

    /** The same with groups 0 to {@code groups}. */
    void startOn(int count, int shardCount, int groups) {
        List<GroupSpec.Replica> replicas = spec(1).replicas().subList(0, count);
        start(
                shardCount,
                LongStream.rangeClosed(1, groups)
                        .mapToObj(group -> new GroupSpec(group, replicas))
                        .toList());
    }

    private void start(int shardCount, List<GroupSpec> groups) {
        List<NodeInfo> infos = new ArrayList<>();
        for (long node : nodes.up()) {
            infos.add(new NodeInfo(node, storeOf(node), "host" + node, 1, 2, 3, 4));
        }
        expectOk(
                new Command.StartCluster(
                        new UUID(1, 2), shardCount, GroupSettings.defaults(shardCount), infos));
        if (!groups.isEmpty()) {
            expectOk(new Command.Join(groups));
        }
    }

    GroupSpec spec(long group) {
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        nodes.up().forEach(node -> replicas.add(new GroupSpec.Replica(node, node)));
        return new GroupSpec(group, replicas);
    }

    void createGroup(long group) {
        createGroup(group, nodes.up().size());
    }

    /** With a replica on each of the first so many nodes. */
    void createGroup(long group, int count) {
        Membership membership = membership(count);
        for (long node = 1; node <= count; node++) {
            Outcome outcome = await(create(node, group, membership));
            Invariant.check(outcome instanceof Outcome.Ok, "replica created");
        }
    }

    /** The first so many nodes, each with one replica. */
    Membership membership(int count) {
        List<Member> members = new ArrayList<>();
        for (long node = 1; node <= count; node++) {
            members.add(new Member(node, node, storeOf(node)));
        }
        return Membership.of(members);
    }

    long create(long node, long group, Membership membership) {
        long token = nextToken++;
        LaneInput input = new LaneInput.CreateReplica(token, group, node, membership);
        nodes.give(node, (int) (group % LANES), input);
        return token;
    }

    /** Asks a node to have another lead a group. */
    Outcome transfer(long node, long group, long toNode) {
        long token = nextToken++;
        LaneInput input = new LaneInput.TransferLeadership(token, group, toNode);
        nodes.give(node, (int) (group % LANES), input);
        return await(token);
    }

    /** Asks a node to have a member of a group join or leave. */
    Outcome change(long node, long group, MembershipChange change) {
        long token = nextToken++;
        nodes.give(node, (int) (group % LANES), new LaneInput.ChangeMembers(token, group, change));
        return await(token);
    }

    /** The engine flushes, and logs are dropped as far as that goes, slow followers or not. */
    void compact(long node) {
        flush(node, true);
    }

    /** The same, but for what followers that answer still lack, unless the log is too long. */
    void flush(long node, boolean isPressing) {
        disk(node).engine.flush();
        nodes.giveAll(node, new LaneInput.Flushed(isPressing));
        run(4);
    }

    /** The node is about to stop. */
    void leave(long node) {
        nodes.giveAll(node, new LaneInput.LeaveLeadership());
    }

    /** The node's rim has looked at its disk. */
    void disk(long node, DiskRoom room) {
        nodes.giveAll(node, new LaneInput.Disk(room));
    }

    private void expectOk(Command command) {
        Outcome outcome = ask(1, command);
        Invariant.check(outcome instanceof Outcome.Ok, "the master agrees: " + outcome);
    }

    /** Asks at a node's first lane as a door would, and runs until the answer is there. */
    Outcome ask(long node, Command command) {
        return await(begin(node, command));
    }

    long begin(long node, Command command) {
        return begin(node, new Request(Optional.empty(), command));
    }

    long begin(long node, Request request) {
        Command command = request.command();
        long group = command instanceof Command.StartCluster ? GroupSpec.MASTER : Frame.ANY_GROUP;
        return begin(node, group, request);
    }

    long begin(long node, long group, Command command) {
        return begin(node, group, new Request(Optional.empty(), command));
    }

    private long begin(long node, long group, Request request) {
        return begin(node, Wish.of(group, request, ReadMode.LEADER));
    }

    long begin(long node, Wish wish) {
        long token = nextToken++;
        nodes.give(node, 0, new LaneInput.Ask(token, wish));
        return token;
    }

    /** As {@link #begin(long, Command)}, with a say in who may answer. */
    long beginRead(long node, Command.Read read, ReadMode mode) {
        Request request = new Request(Optional.empty(), read);
        return begin(node, Wish.of(Frame.ANY_GROUP, request, mode));
    }

    Outcome await(long token) {
        for (int round = 0; round < 10_000 && !nodes.isAnswered(token); round++) {
            run(1);
        }
        return nodes.takeAnswer(token);
    }

    boolean isAnswered(long token) {
        return nodes.isAnswered(token);
    }

    Optional<ClusterMap> map(long node) {
        return nodes.lanes(node)[0].map();
    }

    /** Lets some ticks of 5 ms go by. */
    void run(int ticks) {
        nodes.run(ticks);
    }
}
