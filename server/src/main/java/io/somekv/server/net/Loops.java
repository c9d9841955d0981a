package io.somekv.server.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ResourceLeakDetector;
import io.somekv.server.folder.RefusedException;
import io.somekv.server.lane.ShortSlice;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Network loops of the best kind that this machine has: epoll on Linux, else the JDK's selector.
 */
public final class Loops {
    private static final boolean EPOLL = Epoll.isAvailable();

    static {
        // Netty watches a sample of its buffers for leaks and takes a stack trace for each of them.
        // Nothing here keeps a buffer beyond a call: the watch is worth its price in tests only.
        if (System.getProperty("io.netty.leakDetection.level") == null) {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
    }

    private Loops() {}

    /** Loops with a thread each, named after {@code name}. */
    public static MultiThreadIoEventLoopGroup of(int count, String name) {
        return of(count, threads(name));
    }

    /** The same, of threads that run soon after they wake. */
    public static MultiThreadIoEventLoopGroup prompt(int count, String name) {
        return of(count, ShortSlice.of(threads(name)));
    }

    private static ThreadFactory threads(String name) {
        return Thread.ofPlatform().name(name, 0).daemon(false).factory();
    }

    private static MultiThreadIoEventLoopGroup of(int count, ThreadFactory threads) {
        IoHandlerFactory handler = EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(count, threads, handler);
    }

    /**
     * Opens a door.
     *
     * @throws RefusedException when the address cannot be had
     */
    public static Channel listen(ServerBootstrap door, String host, int port)
            throws InterruptedException {
        ChannelFuture bound = door.channel(serverChannel()).bind(host, port).await();
        if (!bound.isSuccess()) {
            throw cannotListen(host, port, bound.cause());
        }
        return bound.channel();
    }

    public static RefusedException cannotListen(String host, int port, @Nullable Throwable cause) {
        return new RefusedException(
                "cannot listen on "
                        + host
                        + ":"
                        + port
                        + ": another process does, or the address is not of this machine. Choose"
                        + " another port or --host",
                cause);
    }

    public static Class<? extends ServerChannel> serverChannel() {
        return EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    public static Class<? extends Channel> channel() {
        return EPOLL ? EpollSocketChannel.class : NioSocketChannel.class;
    }
}
