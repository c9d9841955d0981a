package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.protocol.command.ClientId;
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
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import io.somekv.raft.ReplicaStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Some nodes of two lanes each, on a network and disks that do what a test tells them: links are
 * cut one way, frames held back or doubled, disks stall, nodes crash and come back. (What can go
 * wrong at random is the simulator's.) Frames travel as bytes, each answer comes once or the run
 * fails.
 */
final class LaneCluster {
    static final int LANES = 2;
    private static final long TICK_NANOS = 5_000_000L;

    private record Address(long node, int lane) {}

    private final RaftConfig raft;
    private final Set<Mutation> mutations;
    private final TreeMap<Long, NodeDisk> disks = new TreeMap<>();
    private final TreeMap<Long, Lane[]> lanesByNode = new TreeMap<>();
    private final TreeMap<Long, Outcome> answers = new TreeMap<>();
    private final TreeSet<Long> answered = new TreeSet<>();
    private final LaneNetwork network = new LaneNetwork();
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private final TreeSet<String> touched = new TreeSet<>();
    private @Nullable ClusterMap newestMap;
    private long nanos = 1;
    private long nextToken = 1;

    LaneCluster(int nodes) {
        this(nodes, RaftConfig.defaults(), Collections.emptySet());
    }

    LaneCluster(int nodes, RaftConfig raft, Set<Mutation> mutations) {
        this.raft = raft;
        this.mutations = mutations;
        for (long node = 1; node <= nodes; node++) {
            disks.put(node, new NodeDisk());
            boot(node);
        }
        for (long node = 1; node <= nodes; node++) {
            for (long other = 1; other <= nodes; other++) {
                if (other != node) {
                    giveAll(node, new LaneInput.PeerUp(other, true));
                }
            }
        }
    }

    private void boot(long node) {
        NodeDisk disk = disk(node);
        long firstStoreId = disk.firstStoreId();
        Lane[] lanes = new Lane[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            LaneConfig config =
                    new LaneConfig(
                            lane,
                            LANES,
                            node,
                            storeOf(node),
                            disk.incarnation,
                            new ClientId(node << 40, disk.incarnation),
                            node * 100 + lane + disk.incarnation * 7,
                            firstStoreId,
                            raft,
                            10_000_000_000L,
                            mutations);
            lanes[lane] =
                    new Lane(
                            config,
                            disk.engine,
                            disk.recovered(lane, LANES),
                            Optional.empty(),
                            now());
        }
        lanesByNode.put(node, lanes);
    }

    NodeDisk disk(long node) {
        return Objects.requireNonNull(disks.get(node));
    }

    /** The process ends; appends that were not durable, and unflushed rows, are gone. */
    void crash(long node) {
        lanesByNode.remove(node);
        disk(node).crash();
        for (long other : List.copyOf(lanesByNode.keySet())) {
            giveAll(other, new LaneInput.PeerUp(node, false));
        }
    }

    void restart(long node) {
        disk(node).incarnation++;
        boot(node);
        for (long other : List.copyOf(lanesByNode.keySet())) {
            if (other != node) {
                giveAll(other, new LaneInput.PeerUp(node, true));
                giveAll(node, new LaneInput.PeerUp(other, true));
            }
        }
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
        work.addAll(network.release());
    }

    int heldCount() {
        return network.heldCount();
    }

    /** Runs until nobody waits for an answer anywhere: all bounds are back at zero then (KB-37). */
    boolean comesToRest() {
        for (int i = 0; i < 600 && !isIdle(); i++) {
            run(1);
        }
        return isIdle();
    }

    private boolean isIdle() {
        for (Lane[] lanes : lanesByNode.values()) {
            for (Lane lane : lanes) {
                if (!lane.isIdle()) {
                    return false;
                }
            }
        }
        return true;
    }

    static UUID storeOf(long node) {
        return new UUID(0xd15c, node);
    }

    Now now() {
        return new Now(nanos, 1_700_000_000_000L + nanos / 1_000_000);
    }

    Lane lane(long node, long group) {
        return lanes(node)[(int) (group % LANES)];
    }

    private Lane[] lanes(long node) {
        return Objects.requireNonNull(lanesByNode.get(node));
    }

    /** Tells a restarted node the cluster map, as its rim would. */
    void learn(long node) {
        giveAll(node, new LaneInput.Learned(Objects.requireNonNull(newestMap)));
    }

    /** Nothing arrives from or at the node. */
    void cutOff(long node) {
        for (long other : disks.keySet()) {
            network.cut(node, other);
            network.cut(other, node);
        }
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
        for (long node : lanesByNode.keySet()) {
            for (GroupStatus status : lane(node, group).status(now())) {
                if (status.groupId() == group
                        && status.replica().role() == ReplicaStatus.Role.LEADER) {
                    return node;
                }
            }
        }
        return 0;
    }

    /** Creates group 0 on all nodes and starts the cluster, then has the data groups join. */
    void start(int shardCount, int groups) {
        for (long group = 0; group <= groups; group++) {
            createGroup(group);
        }
        start(shardCount, LongStream.rangeClosed(1, groups).mapToObj(this::spec).toList());
    }

    /** The same with groups 0 and 1, which are there already, on the first so many nodes. */
    void startOn(int nodes, int shardCount) {
        List<GroupSpec.Replica> replicas = spec(1).replicas().subList(0, nodes);
        start(shardCount, List.of(new GroupSpec(1, replicas)));
    }

    private void start(int shardCount, List<GroupSpec> groups) {
        List<NodeInfo> infos = new ArrayList<>();
        for (long node : lanesByNode.keySet()) {
            infos.add(new NodeInfo(node, storeOf(node), "host" + node, 1, 2, 3));
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
        lanesByNode.keySet().forEach(node -> replicas.add(new GroupSpec.Replica(node, node)));
        return new GroupSpec(group, replicas);
    }

    void createGroup(long group) {
        createGroup(group, lanesByNode.size());
    }

    /** With a replica on each of the first so many nodes. */
    void createGroup(long group, int nodes) {
        Membership membership = membership(nodes);
        for (long node = 1; node <= nodes; node++) {
            Outcome outcome = await(create(node, group, membership));
            Invariant.check(outcome instanceof Outcome.Ok, "replica created");
        }
    }

    /** The first so many nodes, each with one replica. */
    Membership membership(int nodes) {
        List<Member> members = new ArrayList<>();
        for (long node = 1; node <= nodes; node++) {
            members.add(new Member(node, node, storeOf(node)));
        }
        return Membership.of(members);
    }

    long create(long node, long group, Membership membership) {
        long token = nextToken++;
        LaneInput input = new LaneInput.CreateReplica(token, group, node, membership);
        give(node, (int) (group % LANES), input);
        return token;
    }

    /** Asks a node to have another lead a group. */
    Outcome transfer(long node, long group, long toNode) {
        long token = nextToken++;
        LaneInput input = new LaneInput.TransferLeadership(token, group, toNode);
        give(node, (int) (group % LANES), input);
        return await(token);
    }

    /** Asks a node to have a member of a group join or leave. */
    Outcome change(long node, long group, MembershipChange change) {
        long token = nextToken++;
        give(node, (int) (group % LANES), new LaneInput.ChangeMembers(token, group, change));
        return await(token);
    }

    /** The engine flushes, and logs are dropped as far as that goes, slow followers or not. */
    void compact(long node) {
        disk(node).engine.flush();
        giveAll(node, new LaneInput.Flushed(true));
        run(4);
    }

    /** The node is about to stop. */
    void leave(long node) {
        giveAll(node, new LaneInput.LeaveLeadership());
    }

    /** The node's rim has looked at its disk. */
    void disk(long node, DiskRoom room) {
        giveAll(node, new LaneInput.Disk(room));
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
        return begin(node, new Pending.Wish(group, request, ReadMode.LEADER));
    }

    private long begin(long node, Pending.Wish wish) {
        long token = nextToken++;
        give(node, 0, new LaneInput.Ask(token, wish.groupId(), wish.request(), wish.mode()));
        return token;
    }

    /** As {@link #begin(long, Command)}, with a say in who may answer. */
    long beginRead(long node, Command.Read read, ReadMode mode) {
        Request request = new Request(Optional.empty(), read);
        return begin(node, new Pending.Wish(Frame.ANY_GROUP, request, mode));
    }

    Outcome await(long token) {
        for (int round = 0; round < 10_000 && !answers.containsKey(token); round++) {
            run(1);
        }
        return Objects.requireNonNull(answers.remove(token), "answered in time");
    }

    boolean isAnswered(long token) {
        return answers.containsKey(token);
    }

    Optional<ClusterMap> map(long node) {
        return lanes(node)[0].map();
    }

    /** Lets some ticks of 5 ms go by. */
    void run(int ticks) {
        for (int i = 0; i < ticks; i++) {
            nanos += TICK_NANOS;
            for (long node : lanesByNode.keySet()) {
                giveAll(node, new LaneInput.Tick());
            }
            for (int steps = 0; !work.isEmpty(); steps++) {
                Invariant.check(steps < 1_000_000, "the lanes come to rest");
                work.removeFirst().run();
            }
        }
    }

    private void giveAll(long node, LaneInput input) {
        for (int lane = 0; lane < LANES; lane++) {
            give(node, lane, input);
        }
    }

    private void give(long node, int lane, LaneInput input) {
        Lane target = lanes(node)[lane];
        work.addLast(() -> {
            if (!isUp(node, target)) {
                return;
            }
            target.step(now(), input);
            if (touched.add(node + "/" + lane)) {
                work.addLast(() -> flush(new Address(node, lane)));
            }
        });
    }

    /** Inputs of a process that has crashed since are nobody's. */
    private boolean isUp(long node, Lane lane) {
        return lanesByNode.containsKey(node) && List.of(lanes(node)).contains(lane);
    }

    private void flush(Address at) {
        touched.remove(at.node() + "/" + at.lane());
        if (!lanesByNode.containsKey(at.node())) {
            return;
        }
        for (LaneEffect effect : lanes(at.node())[at.lane()].effects(now())) {
            carryOut(at, effect);
        }
    }

    private void carryOut(Address at, LaneEffect effect) {
        switch (effect) {
            case LaneEffect.Append append -> append(at, append);
            case LaneEffect.Send send -> send(at.node(), send);
            case LaneEffect.Answer answer -> {
                Invariant.check(answered.add(answer.token()), "answered once");
                answers.put(answer.token(), answer.outcome());
            }
            case LaneEffect.ToLane note ->
                    give(at.node(), note.lane(), new LaneInput.FromLane(at.lane(), note.note()));
            case LaneEffect.FetchEntries fetch ->
                    give(
                            at.node(),
                            at.lane(),
                            new LaneInput.Fetched(
                                    fetch.groupId(),
                                    fetch.fetch(),
                                    disk(at.node()).read(fetch.groupId(), fetch.fetch())));
            case LaneEffect.WantsTurn _ -> give(at.node(), at.lane(), new LaneInput.ApplyTurn());
            case LaneEffect.LeadershipChanged _,
                    LaneEffect.ReplicaRemoved _,
                    LaneEffect.SnapshotInstalled _ -> {}
            case LaneEffect.DropStore drop -> disk(at.node()).engine.drop(drop.storeId());
            case LaneEffect.ReadSnapshot read ->
                    give(
                            at.node(),
                            at.lane(),
                            new LaneInput.SnapshotRead(
                                    read.groupId(),
                                    read.replicaId(),
                                    read.pin(),
                                    read.part(),
                                    read.piece()));
            case LaneEffect.StageRows stage -> {
                stage.carryOut();
                give(
                        at.node(),
                        at.lane(),
                        new LaneInput.RowsStaged(stage.groupId(), stage.storeId()));
            }
            case LaneEffect.AbandonStaging abandoned -> abandoned.staging().abandon();
            case LaneEffect.MapChanged changed -> newestMap = changed.map();
        }
    }

    private void append(Address at, LaneEffect.Append append) {
        NodeDisk disk = disk(at.node());
        disk.whenItCan(() -> {
            append.records().forEach(disk::write);
            give(at.node(), at.lane(), new LaneInput.Appended(append.marks()));
        });
    }

    private void send(long from, LaneEffect.Send send) {
        long to = send.nodeId();
        Bytes bytes = FrameCodec.encode(send.frame());
        int size = bytes.size() - FrameCodec.LENGTH_SIZE;
        Invariant.check(size <= FrameCodec.FRAME_SIZE_MAX, "a frame that fits", size, 0);
        Frame frame = FrameCodec.decode(bytes.slice(FrameCodec.LENGTH_SIZE, size));
        long incarnation = disk(from).incarnation;
        network.send(
                from,
                to,
                frame,
                audible -> {
                    if (lanesByNode.containsKey(to)) {
                        give(to, 0, new LaneInput.FromPeer(from, incarnation, audible));
                    }
                });
    }
}
