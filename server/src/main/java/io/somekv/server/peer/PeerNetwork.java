package io.somekv.server.peer;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.somekv.node.LaneInput;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import io.somekv.server.lane.LaneLoop;
import io.somekv.server.net.Loops;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's connections with the other nodes, and its door for Java clients. Pieces of snapshots are
 * small and few at a time, so the two connections a pair of DESIGN §9 are one as yet. The lower
 * node id dials; the other one does too if that has not happened for a while, because it may be the
 * only one that knows a valid address.
 *
 * <p>A node that cannot keep up is not waited for: past {@link #OUTPUT_BYTES_MAX} frames to it are
 * dropped, as a network may drop them, and consensus sends again what is still needed.
 */
public final class PeerNetwork {
    private static final Logger log = LoggerFactory.getLogger(PeerNetwork.class);

    /** Waiting to be sent on one connection. */
    static final int OUTPUT_BYTES_MAX = 64 << 20;

    private static final long DIAL_CHECK_MILLIS = 50;
    private static final int DIAL_TIMEOUT_MILLIS = 2_000;
    private static final long SIGN_OF_LIFE_MILLIS = 1_000;
    private static final long HIGHER_ID_WAITS_NANOS = 2_000_000_000;

    /**
     * Who this node is.
     *
     * @param incarnation of this run of its process
     * @param life drawn at random by this run
     */
    public record Self(long nodeId, UUID storeId, long incarnation, long life) {}

    /**
     * How far logs have come.
     *
     * @param durable position up to which this node's own log is
     * @param others what was heard of those of others
     * @param onSetBack hears why this node must not go on: its own disk was set back
     */
    public record Logs(LongSupplier durable, StoreMarks others, Consumer<String> onSetBack) {}

    private final Self self;
    private final Logs logs;
    private final NodeDirectory directory;
    private final EventLoopGroup loops;
    private final List<LaneLoop> lanes;
    private final Map<Long, PeerLink> links = new ConcurrentHashMap<>();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private volatile boolean closing;

    public PeerNetwork(
            Self self,
            Logs logs,
            NodeDirectory directory,
            EventLoopGroup loops,
            List<LaneLoop> lanes) {
        this.self = self;
        this.logs = logs;
        this.directory = directory;
        this.loops = loops;
        this.lanes = List.copyOf(lanes);
    }

    /** Opens the door; returns the port, which the system chooses for 0. */
    public int listen(String host, int port) throws InterruptedException {
        ServerBootstrap bootstrap =
                new ServerBootstrap()
                        .group(loops)
                        .option(ChannelOption.SO_BACKLOG, 1024)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
                        .childHandler(handlers(null));
        Channel bound = Loops.listen(bootstrap, host, port);
        channels.add(bound);
        return ((InetSocketAddress) bound.localAddress()).getPort();
    }

    /** Begins to look for the other nodes. */
    public void start() {
        lanes.get(0).every(DIAL_CHECK_MILLIS, this::dialMissing);
        lanes.get(0).every(SIGN_OF_LIFE_MILLIS, this::showLife);
    }

    /** Sends to a node from {@code lane}'s loop, or drops the frame. */
    public void send(LaneLoop lane, long nodeId, Frame frame) {
        PeerLink link = links.get(nodeId);
        FrameConnection connection = link == null ? null : link.current();
        if (connection == null || !connection.hasRoom()) {
            return;
        }
        if (connection.lane() == lane) {
            connection.send(frame);
        } else {
            connection.lane().eventLoop().execute(() -> connection.send(frame));
        }
    }

    /** A frame from a node goes to the lane of its connection. */
    void received(Frame.Hello sender, FrameConnection connection, Frame frame) {
        LaneInput input = new LaneInput.FromPeer(sender.nodeId(), sender.incarnation(), frame);
        connection.lane().offer(input);
    }

    /** Stops dialing and closes all connections. */
    public void close() {
        closing = true;
        channels.close().awaitUninterruptibly();
    }

    private void dialMissing() {
        if (closing || !directory.inCluster()) {
            return;
        }
        long now = System.nanoTime();
        for (NodeInfo node : directory.nodes()) {
            if (node.nodeId() != self.nodeId && link(node.nodeId()).beginsDial(now)) {
                dial(node);
            }
        }
    }

    /**
     * Two followers have nothing to say to each other, and are to know of each other all the same.
     * A connection that shows no life is ended and dialed anew: after a partition TCP would wait
     * for as long again as that had lasted, for its retries become ever rarer (RFC 6298 section 5).
     */
    private void showLife() {
        long now = System.nanoTime();
        for (PeerLink link : links.values()) {
            link.dead(now).forEach(FrameConnection::close);
            FrameConnection connection = link.current();
            if (connection != null && connection.hasRoom()) {
                connection.lane().eventLoop().execute(() -> connection.send(mark()));
            }
        }
    }

    private PeerLink link(long nodeId) {
        long first = System.nanoTime() + (nodeId < self.nodeId ? HIGHER_ID_WAITS_NANOS : 0);
        return links.computeIfAbsent(nodeId, id -> new PeerLink(id, first));
    }

    /**
     * Looks the name up again each time, and not on a lane: a name server that does not answer
     * would hold up heartbeats.
     */
    private void dial(NodeInfo node) {
        Thread.ofVirtual()
                .name("lookup-" + node.host())
                .start(() -> {
                    PeerLink link = link(node.nodeId());
                    try {
                        if (closing) {
                            return;
                        }
                        connect(node, link, InetAddress.getByName(node.host()));
                    } catch (UnknownHostException e) {
                        complain(node.nodeId(), "there is no host " + node.host());
                        link.dialFailed(System.nanoTime());
                    }
                });
    }

    private void connect(NodeInfo node, PeerLink link, InetAddress address) {
        LaneLoop lane = lanes.get((int) (node.nodeId() % lanes.size()));
        new Bootstrap()
                .group(lane.eventLoop())
                .channel(Loops.channel())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, DIAL_TIMEOUT_MILLIS)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
                .handler(handlers(link))
                .connect(address, node.peerPort())
                .addListener(dialed -> {
                    if (!dialed.isSuccess()) {
                        link.dialFailed(System.nanoTime());
                    }
                });
    }

    private ChannelInitializer<Channel> handlers(@Nullable PeerLink dialed) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                LaneLoop lane = LaneLoop.on(channel.eventLoop(), lanes);
                channels.add(channel);
                channel.pipeline()
                        .addLast(
                                new PeerHandler(
                                        PeerNetwork.this,
                                        new FrameConnection(channel, lane),
                                        dialed));
            }
        };
    }

    private static WriteBufferWaterMark waterMark() {
        return new WriteBufferWaterMark(OUTPUT_BYTES_MAX / 2, OUTPUT_BYTES_MAX);
    }

    // ---- what the handlers of connections call

    Frame.Hello hello() {
        return new Frame.Hello(
                directory.clusterId(), self.nodeId, self.storeId, self.incarnation, self.life);
    }

    /** Why a node that introduced itself like this must not be talked to; empty if it may be. */
    String objection(Frame.Hello hello) {
        return Handshake.objection(self, directory, hello);
    }

    /** How far this node's log is, and what it has heard of others. */
    Frame mark() {
        return new Frame.LogMark(logs.durable.getAsLong(), logs.others.all());
    }

    /**
     * A node says how far its log is durable, and what it has heard of others. Ends this process
     * where that is more of this node's own log than is here.
     *
     * @return why it is not listened to any more; empty if it is
     */
    String marked(Frame.Hello hello, Frame.LogMark mark) {
        for (Frame.LogMark.Of heard : mark.heard()) {
            if (heard.storeId().equals(self.storeId)
                    && heard.position() > logs.durable.getAsLong()) {
                logs.onSetBack.accept(setBack(hello.nodeId(), heard.position()));
                return "this node stops";
            }
        }
        logs.others.passedOn(mark.heard());
        return logs.others.announced(hello.storeId(), hello.life(), mark.position())
                ? ""
                : "node "
                        + hello.nodeId()
                        + " has lost what its log held: it ends before what it had announced, so"
                        + " nothing it says counts. Its own log says what to do";
    }

    private String setBack(long from, long position) {
        return "by what node "
                + from
                + " has heard, the log of this node was durable to "
                + position
                + ", and it ends at "
                + logs.durable.getAsLong()
                + ": the disk was put back to an older state, or has lost what it had synced, and"
                + " with it what this node promised to others. Start it on the folder it had last;"
                + " if that is lost, on an empty one, and then: somekv node replace "
                + self.nodeId
                + " HOST:PORT";
    }

    /** Takes a node's connection; returns why it does not, empty if it does. */
    String open(Frame.Hello hello, FrameConnection connection) {
        PeerLink link = link(hello.nodeId());
        synchronized (link) {
            return open(link, hello, connection);
        }
    }

    /** With the link locked: lanes hear what becomes of its connections in that order. */
    private String open(PeerLink link, Frame.Hello hello, FrameConnection connection) {
        long nodeId = link.nodeId();
        return switch (link.open(connection, hello, System.nanoTime())) {
            case PeerLink.Opening.Refused refused -> refused.objection();
            case PeerLink.Opening.Taken taken -> {
                log.info("connected with node {} at {}", nodeId, connection);
                if (taken.before().isEmpty()) {
                    tellLanes(nodeId, true);
                } else if (taken.isOtherRun() || self.nodeId < nodeId) {
                    taken.before().get().close();
                }
                yield "";
            }
        };
    }

    void closed(long nodeId, FrameConnection connection) {
        PeerLink link = link(nodeId);
        synchronized (link) {
            closed(link, connection);
        }
    }

    private void closed(PeerLink link, FrameConnection connection) {
        long nodeId = link.nodeId();
        boolean lasted = link.closed(connection, System.nanoTime());
        if (!closing) {
            if (!lasted && link.current() == null) {
                complain(
                        nodeId,
                        "node " + nodeId + " ends every connection at once: its log says why");
            }
            log.info("connection with node {} at {} is gone", nodeId, connection);
            tellLanes(nodeId, false);
            if (link.current() != null) {
                tellLanes(nodeId, true);
            }
        }
    }

    /** Logs a refusal that lasts, once. */
    void complain(long nodeId, String objection) {
        if (link(nodeId).complains(objection, System.nanoTime())) {
            log.warn("{}", objection);
        }
    }

    private void tellLanes(long nodeId, boolean up) {
        for (LaneLoop lane : lanes) {
            lane.offerFromOutside(new LaneInput.PeerUp(nodeId, up));
        }
    }
}
