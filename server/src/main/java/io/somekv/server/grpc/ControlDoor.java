package io.somekv.server.grpc;

import io.grpc.BindableService;
import io.grpc.HandlerRegistry;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.handler.codec.http2.Http2Exception;
import io.somekv.server.control.ClusterControl;
import io.somekv.server.control.NodeControl;
import io.somekv.server.net.Loops;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC door. It has a loop of its own, so that whatever happens here never stands in a lane's
 * way, and a virtual thread for each call, which may block: starting a cluster waits for other
 * nodes, and they for their disks.
 */
public final class ControlDoor {
    private static final Logger log = LoggerFactory.getLogger(ControlDoor.class);

    /**
     * Of gRPC's own log: a stack trace for each connection that does not speak its protocol, which
     * any client with a wrong port makes many of. Held here, as a logger that nobody holds forgets
     * its filter.
     */
    private static final List<java.util.logging.Logger> TRANSPORT_LOGS =
            List.of(
                    java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerTransport"),
                    java.util.logging.Logger.getLogger(
                            "io.grpc.netty.NettyServerTransport.connections"),
                    java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerHandler"));

    static {
        TRANSPORT_LOGS.forEach(each -> each.setFilter(ControlDoor::isWorthItsTrace));
    }

    private static final int MESSAGE_SIZE_MAX = 24 << 20;
    private static final long STOP_SECONDS_MAX = 2;

    private final MultiThreadIoEventLoopGroup loop;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** Filled by {@link #open}: the port must be known before there is anything to serve. */
    private final Services services = new Services();

    private final Server server;

    /** Takes the port, which the system chooses for 0; calls are served from {@link #open} on. */
    public ControlDoor(String name, String host, int port) {
        loop = Loops.of(1, name);
        server =
                NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                        .bossEventLoopGroup(loop)
                        .workerEventLoopGroup(loop)
                        .channelType(Loops.serverChannel())
                        .executor(threads)
                        .maxInboundMessageSize(MESSAGE_SIZE_MAX)
                        .fallbackHandlerRegistry(services)
                        .build();
        try {
            server.start();
        } catch (IOException e) {
            close();
            throw Loops.cannotListen(host, port, e);
        }
    }

    private static boolean isWorthItsTrace(LogRecord entry) {
        Throwable thrown = entry.getThrown();
        if (thrown instanceof Http2Exception || thrown instanceof IOException) {
            log.info("a connection to the control port ended: {}", thrown.getMessage());
            return false;
        }
        return true;
    }

    public int port() {
        return server.getPort();
    }

    public void open(NodeControl node) {
        ClusterControl cluster = new ClusterControl(node, new GrpcNodes());
        List<BindableService> all =
                List.of(
                        new ClusterService(node, cluster),
                        new ShardMasterService(cluster),
                        new ReplicationGroupService(node));
        all.forEach(services::add);
    }

    /** Lets calls end for a moment, then cuts them off. */
    public void close() {
        server.shutdown();
        try {
            server.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.shutdownNow();
        threads.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** The methods of services by name. */
    private static final class Services extends HandlerRegistry {
        private final Map<String, ServerMethodDefinition<?, ?>> methods = new ConcurrentHashMap<>();

        void add(BindableService service) {
            for (ServerMethodDefinition<?, ?> method : service.bindService().getMethods()) {
                methods.put(method.getMethodDescriptor().getFullMethodName(), method);
            }
        }

        @Override
        public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
                String name, @Nullable String authority) {
            return methods.get(name);
        }
    }
}
