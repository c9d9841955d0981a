package io.somekv.server.resp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.somekv.base.Bytes;
import io.somekv.node.Wish;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.resp.NodeFacts;
import io.somekv.protocol.resp.RespAction;
import io.somekv.protocol.resp.RespConnection;
import io.somekv.protocol.resp.RespProtocolException;
import io.somekv.protocol.resp.RespReply;
import io.somekv.protocol.resp.RespRequestParser;
import io.somekv.protocol.resp.RespTooLargeException;
import io.somekv.protocol.resp.RespWriter;
import io.somekv.server.lane.LaneLoop;
import io.somekv.server.lane.SocketOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Redis client. It lives on the loop of a lane, so that a request reaches the lane without a
 * hop. Answers come in any order; replies leave in the order of the requests.
 *
 * <p>Bounds: with {@link #PENDING_MAX} requests unanswered, or {@link #PENDING_BYTES_MAX} of
 * requests and expected replies, or output that the client does not read, its socket is not read
 * until half of that is gone. Where the requests of all clients together take too much of the heap
 * ({@link OwedBytes}), none is read of a client that waits for an answer.
 */
final class RespHandler extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(RespHandler.class);

    static final int PENDING_MAX = 1_024;
    static final long PENDING_BYTES_MAX = 32 << 20;

    private final RespDoor door;
    private final LaneLoop lane;
    private final Channel channel;
    private final SocketOutput output;
    private final RespConnection connection;
    private final RespRequestParser parser;
    private final KeysInUse keys = new KeysInUse();

    /** Replies owed, oldest first; the first one is not ready. */
    private final ArrayDeque<PendingReply> pending = new ArrayDeque<>();

    /** Bytes of the requests in {@link #pending}. */
    private long pendingBytes;

    /** Largest reply so far: how large those owed may be. */
    private int replySizeLargest;

    /** Waits for an earlier request that uses one of its keys; nothing behind it is read. */
    private @Nullable PendingReply held;

    /**
     * Requests wait one behind the other, and nobody serves their keys: together they are held no
     * longer than one would be, and what comes behind them waits no longer either.
     */
    private boolean isChainHeld;

    private long heldSinceNanos;

    private boolean paused;
    private boolean closing;
    private final long openedNanos = System.nanoTime();
    private volatile long lastRequestNanos = openedNanos;
    private volatile String lastCommand = "NULL";

    RespHandler(RespDoor door, LaneLoop lane, Channel channel, RespConnection connection) {
        this.door = door;
        this.lane = lane;
        this.channel = channel;
        this.output = new SocketOutput(channel, lane);
        this.connection = connection;
        this.parser = new RespRequestParser(door.limits());
    }

    /** What CLIENT LIST shows; from any thread. */
    NodeFacts.Client facts() {
        long now = System.nanoTime();
        return new NodeFacts.Client(
                connection,
                RespDoor.text(channel.remoteAddress()),
                RespDoor.text(channel.localAddress()),
                (now - openedNanos) / 1_000_000_000,
                (now - lastRequestNanos) / 1_000_000_000,
                lastCommand);
    }

    /** From any thread. */
    void kill() {
        output.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf chunk = (ByteBuf) message;
        try {
            if (closing) {
                return;
            }
            parser.feed(chunk.nioBuffer());
        } finally {
            chunk.release();
        }
        lastRequestNanos = System.nanoTime();
        readRequests();
    }

    /** Takes requests from what has arrived, as many as the bounds allow. */
    private void readRequests() {
        try {
            while (held == null && !closing && !isFull()) {
                if (!readRequest()) {
                    return;
                }
            }
        } catch (RespProtocolException e) {
            reply(RespReply.error(String.valueOf(e.getMessage())), false);
            closeAfterReplies();
        }
        if (!paused) {
            paused = true;
            channel.config().setAutoRead(false);
        }
    }

    /** Returns whether there was a whole one. */
    private boolean readRequest() {
        try {
            Optional<List<Bytes>> request = parser.next();
            request.ifPresent(this::begin);
            return request.isPresent();
        } catch (RespTooLargeException e) {
            reply(RespReply.error("ERR " + e.getMessage()), false);
            return true;
        }
    }

    private boolean isFull() {
        return isOver(1) || !output.hasRoom() || isNodeFull();
    }

    /** Who waits for nothing may ask for one thing: else nobody might ever go on. */
    private boolean isNodeFull() {
        return !pending.isEmpty() && door.owed().isFull();
    }

    private boolean isOver(int part) {
        return pending.size() >= PENDING_MAX / part
                || pendingBytes + (long) pending.size() * replySizeLargest
                        >= PENDING_BYTES_MAX / part;
    }

    private void begin(List<Bytes> arguments) {
        door.countCommand();
        RespAction action = door.commands().interpret(arguments, connection, lane.shardCount());
        perform(action, arguments, false);
    }

    private void perform(RespAction action, List<Bytes> arguments, boolean silent) {
        switch (action) {
            case RespAction.Reply reply -> reply(reply.reply(), silent);
            case RespAction.Close close -> {
                reply(close.reply(), silent);
                closeAfterReplies();
            }
            case RespAction.Silent hidden -> perform(hidden.action(), arguments, true);
            case RespAction.AskNode ask -> {
                lastCommand = arguments.get(0).toUtf8();
                reply(ask.answer().apply(door.facts(lane)), silent);
            }
            case RespAction.Authenticate login -> perform(authenticate(login), arguments, silent);
            case RespAction.KillClients kill ->
                    reply(kill.answer().apply(door.kill(kill.victims())), silent);
            case RespAction.AskEach each ->
                    ask(
                            connection.isClusterAware()
                                    ? Redirection.shareOf(lane, door.self().nodeId(), each.ask())
                                    : each.ask(),
                            arguments,
                            silent);
            case RespAction.Ask ask -> ask(ask, arguments, silent);
        }
    }

    private void ask(RespAction.Ask ask, List<Bytes> arguments, boolean silent) {
        int size = 0;
        for (Bytes argument : arguments) {
            size += argument.size();
        }
        PendingReply owed = new PendingReply(ask, connection, silent, size);
        if (!keys.conflicts(ask)) {
            isChainHeld &= !pending.isEmpty();
            dispatch(owed, 0);
            return;
        }
        held = owed;
        if (!isChainHeld) {
            isChainHeld = true;
            heldSinceNanos = System.nanoTime();
        }
    }

    /** There are no passwords yet: as with Redis, any fits the user named default. */
    private RespAction authenticate(RespAction.Authenticate login) {
        if (!login.user().equals("default")) {
            return new RespAction.Reply(RespAction.wrongPassword());
        }
        connection.becomeAuthenticated(login.user());
        return login.then().get();
    }

    private void reply(RespReply reply, boolean silent) {
        if (!silent) {
            enqueue(PendingReply.ready(reply, connection));
        }
    }

    private void enqueue(PendingReply reply) {
        if (pending.isEmpty()) {
            write(reply);
        } else {
            pending.add(reply);
        }
    }

    /**
     * @param waitedNanos behind others of this connection
     */
    private void dispatch(PendingReply owed, long waitedNanos) {
        // Not before those for the same key are answered: else the client would have the next node
        // serve this one while an earlier one is still on its way.
        Optional<RespReply> moved =
                owed.mayMove() ? Redirection.moved(lane, owed) : Optional.empty();
        if (moved.isPresent()) {
            reply(moved.get(), owed.isSilent());
            return;
        }
        keys.begin(owed.ask());
        pending.add(owed);
        pendingBytes += owed.requestSize();
        door.owed().add(owed.requestSize());
        List<RespAction.Part> parts = owed.ask().parts();
        if (parts.isEmpty()) {
            onAnswered(owed);
        }
        for (int i = 0; i < parts.size(); i++) {
            int part = i;
            Request request = new Request(Optional.empty(), parts.get(i).command());
            lane.ask(
                    new Wish(Frame.ANY_GROUP, request, owed.readMode(), false, waitedNanos),
                    (outcome, _) -> {
                        isChainHeld &= outcome instanceof Outcome.WrongGroup || waitedNanos == 0;
                        if (owed.answer(part, outcome)) {
                            onAnswered(owed);
                        }
                    });
        }
    }

    /** All parts of a request are answered: its reply leaves as soon as those before it have. */
    private void onAnswered(PendingReply owed) {
        keys.end(owed.ask());
        if (owed.isRefusal()) {
            door.countRefusal();
        }
        while (!pending.isEmpty() && pending.getFirst().isReady()) {
            PendingReply first = pending.removeFirst();
            pendingBytes -= first.requestSize();
            door.owed().add(-first.requestSize());
            write(first);
        }
        PendingReply waiting = held;
        if (waiting != null && !keys.conflicts(waiting.ask())) {
            held = null;
            dispatch(waiting, System.nanoTime() - heldSinceNanos);
        }
        readOn();
        if (closing && pending.isEmpty()) {
            output.finish();
        }
    }

    private void write(PendingReply ready) {
        if (!ready.isSilent() && channel.isActive()) {
            int before = output.writer().size();
            RespWriter.write(output.writer(), ready.reply(), ready.protocol());
            replySizeLargest = Math.max(replySizeLargest, output.writer().size() - before);
            output.written();
        }
    }

    /** Takes up reading again once half of what filled the bounds is gone. */
    private void readOn() {
        if (paused && !closing && held == null && !isOver(2) && output.hasRoom()) {
            paused = false;
            readRequests();
            if (!paused) {
                channel.config().setAutoRead(true);
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        readOn();
    }

    private void closeAfterReplies() {
        closing = true;
        channel.config().setAutoRead(false);
        if (pending.isEmpty()) {
            output.finish();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closing = true;
        door.closed(connection.id());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            log.debug("a client's connection broke: {}", cause.getMessage());
            output.close();
        } else {
            lane.fail(cause);
        }
    }
}
