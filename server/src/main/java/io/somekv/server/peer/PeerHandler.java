package io.somekv.server.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.somekv.base.MalformedException;
import io.somekv.node.Wish;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.protocol.frame.FrameDecoder;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that speaks frames. The first frame of each side is its Hello; what follows goes
 * to the lane of the connection, or, from a client, becomes a question of it.
 */
final class PeerHandler extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(PeerHandler.class);

    /** A client's calls that wait for an answer; past it, its socket is not read. */
    private static final int CALLS_MAX = 8_192;

    private static final Outcome.Invalid NOT_FOR_CLIENTS =
            new Outcome.Invalid("only nodes ask for this: see somekv cluster");

    /** Who has not introduced itself by then is not waited for. */
    private static final long HELLO_SECONDS_MAX = 5;

    private final PeerNetwork network;
    private final FrameConnection connection;
    private final FrameDecoder decoder = new FrameDecoder(FrameCodec.FRAME_SIZE_MAX);

    /** Whom this node dialed; null where it was dialed. */
    private final @Nullable PeerLink dialed;

    private Frame.@Nullable Hello remote;
    private int callsOpen;
    private boolean closed;

    PeerHandler(PeerNetwork network, FrameConnection connection, @Nullable PeerLink dialed) {
        this.network = network;
        this.connection = connection;
        this.dialed = dialed;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (dialed != null) {
            connection.send(network.hello());
        }
        Future<?> _ =
                context.executor()
                        .schedule(this::endUnlessIntroduced, HELLO_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private void endUnlessIntroduced() {
        if (remote == null) {
            connection.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf chunk = (ByteBuf) message;
        connection.heard();
        try {
            decoder.feed(chunk.nioBuffer(), frame -> onFrame(context, frame));
        } finally {
            chunk.release();
        }
    }

    private void onFrame(ChannelHandlerContext context, Frame frame) {
        if (closed) {
            return;
        }
        Frame.Hello hello = remote;
        if (hello == null) {
            if (!(frame instanceof Frame.Hello first)) {
                throw new MalformedException("the first frame is a Hello");
            }
            onHello(first);
        } else if (hello.nodeId() != 0 && frame instanceof Frame.LogMark mark) {
            onMark(hello, mark);
        } else if (hello.nodeId() != 0) {
            network.received(hello, connection, frame);
        } else if (frame instanceof Frame.Call call) {
            onCall(context, call);
        } else {
            throw new MalformedException("a client sends calls");
        }
    }

    private void onHello(Frame.Hello hello) {
        if (dialed == null) {
            // Also where it will be refused: the other side then knows why as well.
            connection.send(network.hello());
        }
        String objection = network.objection(hello);
        if (objection.isEmpty() && dialed != null && dialed.nodeId() != hello.nodeId()) {
            objection =
                    "at the address of node " + dialed.nodeId() + " answers node " + hello.nodeId();
        }
        if (objection.isEmpty() && hello.nodeId() != 0) {
            objection = network.open(hello, connection);
        }
        if (objection.isEmpty()) {
            remote = hello;
            if (hello.nodeId() != 0) {
                connection.send(network.mark());
            }
        } else {
            refuse(hello, objection);
        }
    }

    private void onMark(Frame.Hello hello, Frame.LogMark mark) {
        String objection = network.marked(hello, mark);
        if (!objection.isEmpty()) {
            refuse(hello, objection);
        }
    }

    private void refuse(Frame.Hello hello, String objection) {
        if (hello.nodeId() == 0) {
            log.info("{} refused: {}", connection, objection);
        } else {
            network.complain(hello.nodeId(), objection);
        }
        closed = true;
        connection.finish();
    }

    private void onCall(ChannelHandlerContext context, Frame.Call call) {
        if (!ClientCommands.allow(call.request().command())) {
            connection.send(new Frame.Reply(call.token(), NOT_FOR_CLIENTS, 0));
            return;
        }
        callsOpen++;
        if (callsOpen == CALLS_MAX) {
            context.channel().config().setAutoRead(false);
        }
        connection
                .lane()
                .ask(
                        Wish.of(call),
                        (outcome, logTime) -> {
                            callsOpen--;
                            if (!closed) {
                                connection.send(new Frame.Reply(call.token(), outcome, logTime));
                                readOnIfDrained(context);
                            }
                        });
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        Frame.Hello hello = remote;
        if (hello != null && hello.nodeId() == 0) {
            if (!context.channel().isWritable()) {
                context.channel().config().setAutoRead(false);
            } else {
                readOnIfDrained(context);
            }
        }
    }

    private void readOnIfDrained(ChannelHandlerContext context) {
        if (callsOpen <= CALLS_MAX / 2 && context.channel().isWritable()) {
            context.channel().config().setAutoRead(true);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closed = true;
        Frame.Hello hello = remote;
        if (hello != null && hello.nodeId() != 0) {
            network.closed(hello.nodeId(), connection);
        } else if (dialed != null) {
            dialed.dialFailed(System.nanoTime());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof MalformedException && remote == null) {
            log.info("{} is neither a node nor a client of this store, closing", connection);
        } else if (cause instanceof MalformedException) {
            log.warn("{} sent what is no frame, closing: {}", connection, cause.getMessage());
        } else if (!(cause instanceof IOException)) {
            connection.lane().fail(cause);
        }
        connection.close();
    }
}
