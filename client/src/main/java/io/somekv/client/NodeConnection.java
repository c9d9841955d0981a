package io.somekv.client;

import io.somekv.base.ByteWriter;
import io.somekv.base.MalformedException;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.protocol.frame.FrameDecoder;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One node's socket: connects, and connects again; frames in and out. For one thread. */
final class NodeConnection {
    private static final Logger LOG = LoggerFactory.getLogger(NodeConnection.class);

    /** A look-up that takes longer counts as trouble. */
    private static final long LOOKUP_MILLIS = 200;

    /** Where nothing answers at all, not even with a refusal. */
    private static final long CONNECT_MILLIS_MAX = 3_000;

    private static final String STRANGER =
            "it does not speak as the peer port of a node does; is that another of its ports?";

    private static final String FOREIGN =
            "a node answers there that is not of the cluster, or not yet";

    private static final int READ_SIZE = 64 << 10;

    private final int endpoint;
    private final NodeAddress address;
    private final Reconnects reconnects;
    private final Lookup.Names names;
    private final Selector selector;
    private final ClientCore core;
    private final ByteBuffer incoming = ByteBuffer.allocate(READ_SIZE);

    /** Of the address to connect to; at most one is under way. */
    private @Nullable Lookup lookup;

    private @Nullable SocketChannel channel;
    private FrameDecoder decoder = new FrameDecoder(FrameCodec.FRAME_SIZE_MAX);
    private ByteWriter collected = new ByteWriter();
    private ByteBuffer outgoing = ByteBuffer.allocate(0);
    private long lookupEndsMillis;

    /** When a try that is under way ends. */
    private long connectEndsMillis;

    /** The node has said Hello on this connection, and is one of the cluster. */
    private boolean introduced;

    /** It has said Hello, and is none of the cluster's. */
    private boolean isForeign;

    /** How the last connection ended, or what it waits for. */
    private String trouble = "not tried yet";

    /** What the connections of a client share. */
    record Rim(Lookup.Names names, Selector selector, ClientCore core) {}

    /**
     * @param isGiven whether the caller named it; else the cluster map did
     */
    NodeConnection(int endpoint, NodeAddress address, boolean isGiven, Rim rim) {
        this.endpoint = endpoint;
        this.address = address;
        this.reconnects = new Reconnects(isGiven);
        this.names = rim.names;
        this.selector = rim.selector;
        this.core = rim.core;
    }

    /** Looks the name up anew each time, since a node may have moved, and connects behind that. */
    void maybeConnect(long nowMillis) {
        endVainTry(nowMillis);
        Lookup begun = lookup;
        if (channel != null
                || (begun == null && !reconnects.mayTry(nowMillis, core.isAnyReached()))) {
            return;
        }
        if (begun == null) {
            lookupEndsMillis = nowMillis + LOOKUP_MILLIS;
            lookup = Lookup.begin(names, address.host(), selector::wakeup);
        } else if (begun.isDone()) {
            lookup = null;
            connect(begun, nowMillis);
        } else if (nowMillis >= lookupEndsMillis) {
            trouble = "its name is still being looked up";
        }
    }

    private void connect(Lookup done, long nowMillis) {
        try {
            InetSocketAddress found = new InetSocketAddress(done.address(), address.port());
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.configureBlocking(false);
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            opened.register(selector, SelectionKey.OP_CONNECT, this);
            connectEndsMillis = nowMillis + CONNECT_MILLIS_MAX;
            trouble = "no answer";
            if (opened.connect(found)) {
                onConnected(opened, nowMillis);
            }
        } catch (IOException | RuntimeException e) {
            lose(nowMillis, e);
        }
    }

    private void endVainTry(long nowMillis) {
        SocketChannel open = channel;
        if (open != null && !open.isConnected() && nowMillis >= connectEndsMillis) {
            lose(nowMillis, new IOException("no answer"));
        }
    }

    void onReady(long nowMillis) {
        SocketChannel open = channel;
        if (open == null) {
            return;
        }
        try {
            if (!open.isConnected()) {
                if (open.finishConnect()) {
                    onConnected(open, nowMillis);
                }
                return;
            }
            int size = open.read(incoming);
            while (size > 0) {
                incoming.flip();
                decoder.feed(incoming, frame -> onFrame(frame, nowMillis));
                incoming.clear();
                if (isForeign) {
                    throw new IOException(FOREIGN);
                }
                size = open.read(incoming);
            }
            if (size < 0) {
                lose(nowMillis, new IOException("closed by the node"));
            }
        } catch (IOException | MalformedException e) {
            lose(nowMillis, e);
        }
    }

    private void onFrame(Frame frame, long nowMillis) {
        core.onFrame(endpoint, frame, nowMillis);
        if (core.isReached(endpoint)) {
            introduced = true;
            reconnects.onHeard();
        } else {
            isForeign |= frame instanceof Frame.Hello;
        }
    }

    /** For a person: the address, and what keeps this client from its node. */
    String trouble() {
        return address + " (" + trouble + ")";
    }

    /** Frames of one turn share a write. Dropped where nothing is connected. */
    void enqueue(Frame frame) {
        if (channel != null && channel.isConnected()) {
            FrameCodec.write(collected, frame);
        }
    }

    void flush(long nowMillis) {
        SocketChannel open = channel;
        if (open == null || !open.isConnected()) {
            return;
        }
        try {
            if (!outgoing.hasRemaining() && collected.size() > 0) {
                outgoing = collected.toBytes().asByteBuffer();
                collected = new ByteWriter();
            }
            if (outgoing.hasRemaining()) {
                open.write(outgoing);
            }
            boolean more = outgoing.hasRemaining() || collected.size() > 0;
            open.keyFor(selector)
                    .interestOps(SelectionKey.OP_READ | (more ? SelectionKey.OP_WRITE : 0));
        } catch (IOException e) {
            lose(nowMillis, e);
        }
    }

    /** A look-up that is under way is forgotten. */
    void close() {
        lookup = null;
        SocketChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.debug("closing the connection to {}", address, e);
            }
        }
    }

    private void onConnected(SocketChannel open, long nowMillis) {
        decoder = new FrameDecoder(FrameCodec.FRAME_SIZE_MAX);
        incoming.clear();
        collected = new ByteWriter();
        outgoing = ByteBuffer.allocate(0);
        open.keyFor(selector).interestOps(SelectionKey.OP_READ);
        introduced = false;
        isForeign = false;
        trouble = STRANGER;
        core.onConnected(endpoint, nowMillis);
    }

    private void lose(long nowMillis, Exception why) {
        LOG.debug("no connection to {}", address, why);
        SocketChannel open = channel;
        boolean stranger = open != null && open.isConnected() && !introduced;
        trouble = stranger && !isForeign ? STRANGER : whyNot(why);
        close();
        reconnects.onLost(nowMillis, stranger);
        if (reconnects.isNews()) {
            LOG.warn(
                    "cannot reach {}, a node by the cluster map: {}. Requests for it go by way of"
                            + " other nodes, which is slower; clients should reach the peer port"
                            + " of each node at the address that its server announces (--advertise)",
                    address,
                    trouble);
        }
        core.onDisconnected(endpoint, nowMillis);
    }

    private static String whyNot(Exception why) {
        if (why instanceof ConnectException) {
            return "connection refused";
        } else if (why instanceof UnknownHostException) {
            return "no such host";
        }
        return why.getMessage() == null ? why.toString() : why.getMessage();
    }
}
