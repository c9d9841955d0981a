package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.node.Lane;
import io.somekv.node.LaneConfig;
import io.somekv.node.LaneEffect;
import io.somekv.node.LaneInput;
import io.somekv.node.StoreIds;
import io.somekv.node.Wish;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.RaftConfig;
import io.somekv.storage.wal.Wal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One life of a node: what is gone when the process is. The lanes, the loop of the log, and the
 * doors at which clients wait.
 */
final class NodeProcess {
    private static final UUID NO_CLUSTER = new UUID(0, 0);

    private static final long QUIESCE_AFTER_NANOS = 200 * MILLISECOND;

    private final World world;
    private final SimNode node;
    private final Wal wal;
    private final LogLoop log;
    private final SplittableRandom random;
    private final List<SimLane> lanes = new ArrayList<>();
    private final TreeMap<Long, Consumer<LaneEffect.Answer>> asked = new TreeMap<>();
    private long nextToken = 1;
    private boolean ended;

    NodeProcess(World world, SimNode node, Wal wal, LogLoop log) {
        this.world = world;
        this.node = node;
        this.wal = wal;
        this.log = log;
        this.random = world.fork();
    }

    /** Makes the lanes of what the log holds. */
    void start(WatchedEngine engine, List<RecoveredGroup> recovered, Optional<ClusterMap> map) {
        ClientId identity = new ClientId(random.nextLong(), random.nextLong());
        long firstStoreId = StoreIds.settle(engine, recovered);
        for (int number = 0; number < SimNode.LANES; number++) {
            int lane = number;
            LaneConfig config =
                    new LaneConfig(
                            number,
                            SimNode.LANES,
                            node.id(),
                            wal.storeUuid(),
                            wal.incarnation(),
                            identity,
                            random.nextLong(),
                            firstStoreId,
                            raftConfig(),
                            world.scenario().askNanos(),
                            world.scenario().moves().pieceSize(),
                            world.mutations(),
                            LaneConfig.Care.NONE);
            List<RecoveredGroup> own =
                    recovered.stream().filter(g -> laneOf(g.groupId()) == lane).toList();
            lanes.add(
                    new SimLane(
                            world,
                            node,
                            this,
                            number,
                            new Lane(config, engine, own, map, node.now())));
        }
    }

    /**
     * As in production but for the bounds in bytes, which are small enough to be reached, and for
     * groups going quiet, which they do between two requests.
     */
    private RaftConfig raftConfig() {
        RaftConfig defaults = RaftConfig.defaults();
        int appendBytesMax = world.scenario().appendBytesMax();
        Scenario.Clocks clocks = world.scenario().clocks();
        RaftConfig config =
                new RaftConfig(
                        defaults.electionTimeoutNanos(),
                        defaults.heartbeatNanos(),
                        appendBytesMax,
                        4 * appendBytesMax,
                        64 << 10,
                        2 << 10,
                        defaults.diskStallNanos(),
                        defaults.diskLagNanosMax(),
                        defaults.clockLeadMillisMax(),
                        0,
                        QUIESCE_AFTER_NANOS,
                        world.mutations());
        return clocks.leases() ? config.leased(clocks.driftPermilleMax()) : config;
    }

    private static int laneOf(long groupId) {
        return (int) (groupId % SimNode.LANES);
    }

    List<Lane> lanes() {
        return lanes.stream().map(SimLane::lane).toList();
    }

    SimLane lane(int number) {
        return lanes.get(number);
    }

    LogLoop log() {
        return log;
    }

    Wal wal() {
        return wal;
    }

    boolean leadsSomething() {
        return lanes.stream().anyMatch(SimLane::leadsSomething);
    }

    /** It is gone: whoever waits will never know. */
    void end() {
        ended = true;
        Outcome lost = new Outcome.Unknown("the node is gone");
        asked.values().forEach(asker -> asker.accept(new LaneEffect.Answer(0, lost, 0)));
    }

    // ---- doors

    /** A client at this node's own door asks. The answer is Unknown if the process ends first. */
    void ask(long groupId, Request request, ReadMode mode, Consumer<LaneEffect.Answer> done) {
        int lane = groupId == Frame.ANY_GROUP ? random.nextInt(SimNode.LANES) : laneOf(groupId);
        ask(lane, Wish.of(groupId, request, mode), done);
    }

    private void ask(int lane, Wish wish, Consumer<LaneEffect.Answer> done) {
        long token = nextToken++;
        asked.put(token, done);
        lanes.get(lane).postAfter(random.nextLong(MILLISECOND), new LaneInput.Ask(token, wish));
    }

    /** Creates a replica here; see {@link LaneInput.CreateReplica}. */
    void createReplica(
            long groupId, long replicaId, Membership members, Consumer<LaneEffect.Answer> done) {
        long token = nextToken++;
        asked.put(token, done);
        lanes.get(laneOf(groupId))
                .post(new LaneInput.CreateReplica(token, groupId, replicaId, members));
    }

    /** Makes a map known that this node has not heard of yet. */
    void learn(ClusterMap map) {
        lanes.forEach(lane -> lane.post(new LaneInput.Learned(map)));
    }

    void disk(DiskRoom room) {
        lanes.forEach(lane -> lane.post(new LaneInput.Disk(room)));
    }

    void leaveLeadership() {
        lanes.forEach(lane -> lane.post(new LaneInput.LeaveLeadership()));
    }

    void answer(LaneEffect.Answer answer) {
        Consumer<LaneEffect.Answer> asker = asked.remove(answer.token());
        if (asker == null) {
            throw new IllegalStateException("token " + answer.token() + " answered twice");
        }
        asker.accept(answer);
    }

    /**
     * The engine has flushed something: the lanes drop what they may; the log frees what it can.
     */
    void flushed(boolean isPressing) {
        lanes.forEach(lane -> lane.post(new LaneInput.Flushed(isPressing)));
        try {
            wal.freeSegments();
        } catch (IOException e) {
            node.onLogFailure(e);
        }
    }

    void changeMembers(long groupId, MembershipChange change, Consumer<LaneEffect.Answer> done) {
        long token = nextToken++;
        asked.put(token, done);
        lanes.get((int) (groupId % SimNode.LANES))
                .post(new LaneInput.ChangeMembers(token, groupId, change));
    }

    // ---- the network

    /**
     * @param incarnation which life of the sender it is from
     */
    void receive(long from, long incarnation, Frame frame) {
        if (from < Trace.CLIENTS_FROM) {
            lanes.get(laneOfPeer(from)).post(new LaneInput.FromPeer(from, incarnation, frame));
        } else if (frame instanceof Frame.Hello) {
            Frame hello =
                    new Frame.Hello(
                            lanes().getFirst().map().map(ClusterMap::clusterId).orElse(NO_CLUSTER),
                            node.id(),
                            wal.storeUuid(),
                            wal.incarnation(),
                            0);
            send(from, hello);
        } else if (frame instanceof Frame.Call call) {
            ask(
                    laneOfPeer(from),
                    Wish.of(call),
                    answer -> {
                        if (!ended) {
                            Outcome outcome = answer.outcome();
                            send(from, new Frame.Reply(call.token(), outcome, answer.logTime()));
                        }
                    });
        }
    }

    /** All frames of a connection go to one lane, whichever has the group. */
    private int laneOfPeer(long peer) {
        return (int) ((peer + node.id()) % SimNode.LANES);
    }

    private void send(long client, Frame frame) {
        node.network().send(node.id(), client, FrameCodec.encode(frame), Connections.of(frame));
    }

    void connection(long peer, boolean up) {
        if (peer < Trace.CLIENTS_FROM) {
            lanes.forEach(lane -> lane.post(new LaneInput.PeerUp(peer, up)));
        }
    }
}
