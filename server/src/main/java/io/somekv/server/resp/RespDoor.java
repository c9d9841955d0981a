package io.somekv.server.resp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.somekv.base.Bytes;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.resp.NodeFacts;
import io.somekv.protocol.resp.RespCommands;
import io.somekv.protocol.resp.RespConnection;
import io.somekv.protocol.resp.RespLimits;
import io.somekv.server.lane.LaneLoop;
import io.somekv.server.net.Loops;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where Redis clients come in, by one port or the other: accepts them, up to a number, and knows
 * who is there.
 */
public final class RespDoor {
    private static final int VALUE_SIZE_MAX = 16 << 20;
    private static final int OUTPUT_LOW = 1 << 20;
    private static final int OUTPUT_HIGH = 4 << 20;

    private final RespCommands commands = new RespCommands();
    private final RespLimits limits = RespLimits.forValuesUpTo(VALUE_SIZE_MAX);
    private final int clientsMax;
    private final EventLoopGroup loops;
    private final List<LaneLoop> lanes;
    private final ConcurrentMap<Long, RespHandler> clients = new ConcurrentHashMap<>();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicLong connectionsReceived = new AtomicLong();
    private final LongAdder commandsProcessed = new LongAdder();
    private final LongAdder callsRejected = new LongAdder();
    private final ProcessFacts process = new ProcessFacts();
    private final Supplier<DiskRoom> disk;
    private final OwedBytes owed = OwedBytes.ofHeap();
    private final Self self;
    private volatile int port;
    private volatile int clusterPort;

    /**
     * Whose door it is.
     *
     * @param host under which others reach the node
     */
    public record Self(long nodeId, UUID storeId, String host) {}

    public RespDoor(
            Self self,
            EventLoopGroup loops,
            List<LaneLoop> lanes,
            int clientsMax,
            Supplier<DiskRoom> disk) {
        this.self = self;
        this.disk = disk;
        this.loops = loops;
        this.clientsMax = clientsMax;
        this.lanes = List.copyOf(lanes);
    }

    /** Opens the door; returns the port, which the system chooses for 0. */
    public int listen(String host, int wantedPort) throws InterruptedException {
        port = listen(host, wantedPort, false);
        return port;
    }

    /** Opens the door for clients that know of the cluster (docs/decisions/0012). */
    public int listenForCluster(String host, int wantedPort) throws InterruptedException {
        clusterPort = listen(host, wantedPort, true);
        return clusterPort;
    }

    private int listen(String host, int wantedPort, boolean isClusterAware)
            throws InterruptedException {
        ServerBootstrap bootstrap =
                new ServerBootstrap()
                        .group(loops)
                        .option(ChannelOption.SO_BACKLOG, 1024)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(OUTPUT_LOW, OUTPUT_HIGH))
                        .childHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        accept(channel, isClusterAware);
                                    }
                                });
        Channel bound = Loops.listen(bootstrap, host, wantedPort);
        channels.add(bound);
        return ((InetSocketAddress) bound.localAddress()).getPort();
    }

    private void accept(Channel channel, boolean isClusterAware) {
        if (clients.size() >= clientsMax) {
            callsRejected.increment();
            Bytes refusal = Bytes.utf8("-ERR max number of clients reached\r\n");
            channel.writeAndFlush(Unpooled.wrappedBuffer(refusal.asByteBuffer()))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        LaneLoop lane = LaneLoop.on(channel.eventLoop(), lanes);
        RespConnection connection =
                new RespConnection(connectionsReceived.incrementAndGet(), true, isClusterAware);
        RespHandler handler = new RespHandler(this, lane, channel, connection);
        clients.put(connection.id(), handler);
        channels.add(channel);
        channel.pipeline().addLast(handler);
    }

    /** How the node's disk stands. */
    DiskRoom disk() {
        return disk.get();
    }

    /** Closes the door and all connections. */
    public void close() {
        channels.close().awaitUninterruptibly();
    }

    // ---- what the connections call

    RespCommands commands() {
        return commands;
    }

    OwedBytes owed() {
        return owed;
    }

    RespLimits limits() {
        return limits;
    }

    void countCommand() {
        commandsProcessed.increment();
    }

    void countRefusal() {
        callsRejected.increment();
    }

    void closed(long connectionId) {
        clients.remove(connectionId);
    }

    /** Closes the connections that match, and counts them. */
    int kill(Predicate<NodeFacts.Client> victims) {
        int killed = 0;
        for (RespHandler client : clients.values()) {
            if (victims.test(client.facts())) {
                client.kill();
                killed++;
            }
        }
        return killed;
    }

    NodeFacts facts(LaneLoop lane) {
        return new RespFacts(this, process, lane);
    }

    List<NodeFacts.Client> clients() {
        return new TreeMap<>(clients).values().stream().map(RespHandler::facts).toList();
    }

    int port() {
        return port;
    }

    int clusterPort() {
        return clusterPort;
    }

    Self self() {
        return self;
    }

    int clientsMax() {
        return clientsMax;
    }

    long connectionsReceived() {
        return connectionsReceived.get();
    }

    long commandsProcessed() {
        return commandsProcessed.sum();
    }

    long callsRejected() {
        return callsRejected.sum();
    }

    /** As Redis writes an address: host:port, without a name. */
    static String text(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "";
    }
}
