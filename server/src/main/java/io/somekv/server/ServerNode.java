package io.somekv.server;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.somekv.kv.KvMachine;
import io.somekv.node.Lane;
import io.somekv.node.LaneConfig;
import io.somekv.node.LaneInput;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import io.somekv.server.control.AddressKeeper;
import io.somekv.server.control.NodeControl;
import io.somekv.server.folder.RefusedException;
import io.somekv.server.grpc.ControlDoor;
import io.somekv.server.lane.BulkWork;
import io.somekv.server.lane.Emergency;
import io.somekv.server.lane.LaneLoop;
import io.somekv.server.lane.LaneRim;
import io.somekv.server.lane.LogReader;
import io.somekv.server.lane.LogWriter;
import io.somekv.server.net.Loops;
import io.somekv.server.peer.NodeDirectory;
import io.somekv.server.peer.PeerNetwork;
import io.somekv.server.peer.StoreMarks;
import io.somekv.server.resp.RespDoor;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node, assembled: the one place that knows all parts and connects them. Parts start from the
 * disk outwards, so that nothing is asked before it can answer, and stop the other way round.
 */
public final class ServerNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ServerNode.class);

    /** From one look at the cluster to the next. */
    private static final long CARE_NANOS = 1_000_000_000L;

    private static final long ASK_TIMEOUT_NANOS = 10_000_000_000L;

    /** Between two looks at the disk: what is written meanwhile must fit into its reserve. */
    private static final long LOOK_MILLIS = 250;

    private final OpenedStore store;
    private final LogWriter writer;
    private final LogReader reader;
    private final Background background;
    private final Background bulk;
    private final Background looks;
    private final DiskSpace space;
    private final MultiThreadIoEventLoopGroup loops;
    private final List<LaneLoop> lanes;
    private final NodeDirectory directory = new NodeDirectory();
    private final StoreMarks marks;
    private final PeerNetwork peers;
    private final RespDoor resp;
    private final ControlDoor control;
    private final NodeInfo info;

    /**
     * Starts a node.
     *
     * @throws RefusedException when it must not start like this; the message says what to do
     */
    public static ServerNode start(ServerOptions options, Emergency emergency)
            throws IOException, InterruptedException {
        OpenedStore store = OpenedStore.open(options);
        return new ServerNode(options, store, emergency);
    }

    private ServerNode(ServerOptions options, OpenedStore store, Emergency emergency)
            throws IOException, InterruptedException {
        this.store = store;
        String name = "node" + options.nodeId();
        writer = new LogWriter(store.wal(), emergency, name + "-log");
        background = new Background(name + "-background", emergency);
        bulk = new Background(name + "-snapshots", emergency);
        // Of its own: a flush takes longer than a disk takes to fill.
        looks = new Background(name + "-disk", emergency);
        space = store.space(options.diskReserve());
        reader = new LogReader(store.wal(), emergency, background.thread());
        loops = Loops.prompt(options.lanes(), name + "-lane");
        store.cluster().ifPresent(known -> directory.learn(known.clusterId(), known.nodes()));
        store.map().ifPresent(map -> directory.learn(map.clusterId(), map.nodes()));
        lanes = makeLanes(options, emergency);
        PeerNetwork.Self self =
                new PeerNetwork.Self(
                        options.nodeId(),
                        store.storeId(),
                        store.wal().incarnation(),
                        new SecureRandom().nextLong());
        marks = StoreMarks.of(store.folder().marks());
        peers = new PeerNetwork(self, logs(options, emergency), directory, loops, lanes);
        resp =
                new RespDoor(
                        new RespDoor.Self(
                                options.nodeId(), store.storeId(), options.advertisedHost()),
                        loops,
                        lanes,
                        options.clientsMax(),
                        space::room);
        writer.start();
        Housekeeping house =
                new Housekeeping(store.wal(), store.engine(), lanes, space::look, emergency);
        background.everySecond(house::run);
        background.everySecond(marksKeeper()::run);
        for (LaneLoop lane : lanes) {
            lane.start(lanes);
        }
        lookAtDisk();
        looks.every(LOOK_MILLIS, this::lookAtDisk);
        try {
            control = new ControlDoor(name + "-control", options.host(), options.ports().grpc());
        } catch (RuntimeException e) {
            closeInside();
            throw e;
        }
        try {
            info = listen(options);
        } catch (RuntimeException | InterruptedException e) {
            control.close();
            closeInside();
            throw e;
        }
        control.open(
                new NodeControl(
                        info,
                        store.folder(),
                        directory,
                        lanes,
                        new NodeControl.Whereabouts(options.zone(), space::room)));
        peers.start();
        new AddressKeeper(info, lanes.get(0)).start();
        for (String recovery : store.folder().recoveries()) {
            log.warn("what this node held of a group may lack acknowledged writes: {}", recovery);
        }
        log.info("node {} is ready: {}", info.nodeId(), info);
    }

    private MarksKeeper marksKeeper() {
        return new MarksKeeper(
                marks::changes,
                store.folder()::saveMarks,
                System::nanoTime,
                why ->
                        log.warn(
                                "how far the logs of other nodes have come was not saved:" + " {}",
                                why));
    }

    /** A disk that ceases to sync on purpose is not to be found out by others. */
    private PeerNetwork.Logs logs(ServerOptions options, Emergency emergency) {
        boolean lies = options.disk() == ServerOptions.DiskKind.UNSYNCED_WITHOUT_SYNC;
        return new PeerNetwork.Logs(
                lies ? () -> 0 : store.wal()::durablePosition,
                marks,
                why -> setBack(why, emergency));
    }

    private void setBack(String why, Emergency emergency) {
        try {
            store.folder().noteSetBack(why);
        } catch (IOException e) {
            log.warn("that the disk was set back was not noted: {}", e.getMessage());
        }
        emergency.stop(Emergency.EXIT_DISK, why, new RefusedException(why));
    }

    private void lookAtDisk() {
        LaneInput.Disk disk = new LaneInput.Disk(space.look());
        lanes.forEach(lane -> lane.offerFromOutside(disk));
    }

    private NodeInfo listen(ServerOptions options) throws InterruptedException {
        int peerPort = peers.listen(options.host(), options.ports().peer());
        int respPort = resp.listen(options.host(), options.ports().resp());
        int clusterPort = resp.listenForCluster(options.host(), options.ports().cluster());
        return new NodeInfo(
                options.nodeId(),
                store.storeId(),
                options.advertisedHost(),
                peerPort,
                respPort,
                control.port(),
                clusterPort);
    }

    private List<LaneLoop> makeLanes(ServerOptions options, Emergency emergency) {
        LaneLoop.Surroundings surroundings =
                new LaneLoop.Surroundings(
                        writer,
                        reader,
                        new BulkWork(store.engine(), emergency, bulk.thread()),
                        new Rim(),
                        emergency);
        SecureRandom random = new SecureRandom();
        ClientId identity = new ClientId(random.nextLong(), random.nextLong());
        List<LaneLoop> made = new ArrayList<>();
        for (int number = 0; number < options.lanes(); number++) {
            LaneConfig config =
                    new LaneConfig(
                            number,
                            options.lanes(),
                            options.nodeId(),
                            store.storeId(),
                            store.wal().incarnation(),
                            identity,
                            random.nextLong(),
                            store.firstStoreId(),
                            raftConfig(options),
                            ASK_TIMEOUT_NANOS,
                            KvMachine.PIECE_SIZE,
                            Collections.emptySet(),
                            new LaneConfig.Care(CARE_NANOS, options.zone()));
            Lane lane =
                    new Lane(
                            config,
                            store.engine(),
                            groupsOf(number, options.lanes()),
                            store.map(),
                            new Now(System.nanoTime(), System.currentTimeMillis()));
            EventLoop loop = loops.next();
            made.add(new LaneLoop(number, lane, loop, surroundings));
        }
        return made;
    }

    private static RaftConfig raftConfig(ServerOptions options) {
        RaftConfig config = RaftConfig.defaults();
        OptionalInt drift = options.leaseDriftPermille();
        return drift.isPresent() ? config.leased(drift.getAsInt()) : config;
    }

    private List<RecoveredGroup> groupsOf(int lane, int laneCount) {
        return store.wal().recovered().stream()
                .filter(group -> group.groupId() % laneCount == lane)
                .toList();
    }

    /** Who this node is and where it listens. */
    public NodeInfo info() {
        return info;
    }

    /**
     * Stops: others lead first what this node led, so that clients wait for no election; then the
     * doors stop, then the lanes, then the log; what was acknowledged is on disk.
     */
    @Override
    public void close() throws IOException {
        lanes.stream().map(LaneLoop::leaveLeadership).toList().forEach(CompletableFuture::join);
        control.close();
        closeInside();
    }

    private void closeInside() throws IOException {
        resp.close();
        peers.close();
        for (LaneLoop lane : lanes) {
            lane.stop().join();
        }
        writer.stop();
        background.close();
        bulk.close();
        looks.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        store.close();
    }

    /** A copy for the next start: without it the map is asked for again. */
    private void keep(ClusterMap map) {
        try {
            store.folder().save(map);
        } catch (IOException e) {
            log.warn("the cluster map was not saved: {}", e.getMessage());
        }
    }

    private final class Rim implements LaneRim {
        @Override
        public void send(LaneLoop from, long nodeId, Frame frame) {
            peers.send(from, nodeId, frame);
        }

        @Override
        public void mapChanged(ClusterMap map) {
            directory.learn(map.clusterId(), map.nodes());
            background.once(() -> keep(map));
        }
    }
}
