package io.somekv.client;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.frame.FrameCodec;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A client of the store. Each write is executed once, however often it had to be sent; a write
 * whose answer never came ends in {@link SomeKvException.OutcomeUnknown}, and while no node at all
 * can be reached requests end early in {@link SomeKvException.Unreachable}. Safe for many threads;
 * requests of one thread that waits for each answer are executed in its order.
 *
 * <p>What is chained to the future of an asynchronous call runs on the client's own thread, which
 * brings all answers: it is to be short. It may make further asynchronous calls, and close the
 * client. A call that waits is refused there with an {@link IllegalStateException} before anything
 * is sent, and so is {@code join} or {@code get} on a future of this client that is not done: chain
 * an asynchronous call ({@code thenCompose}), or have what waits run elsewhere ({@code
 * thenAcceptAsync}).
 */
public final class SomeKvClient implements AutoCloseable {
    /** With it, a key and what else a frame holds fit in one; the store's own limit is lower. */
    private static final int VALUE_SIZE_SENT_MAX = FrameCodec.FRAME_SIZE_MAX - (256 << 10);

    private final Transport transport;

    private SomeKvClient(Transport transport) {
        this.transport = transport;
    }

    /**
     * Starts a client; it connects by itself, and again when a connection is lost.
     *
     * @param nodes host and peer port of some or all nodes: any of them serves any key, and tells
     *     of the others, which are then connected to as well
     */
    public static SomeKvClient connect(List<InetSocketAddress> nodes) {
        return connect(nodes, ClientSettings.defaults());
    }

    public static SomeKvClient connect(List<InetSocketAddress> nodes, ClientSettings settings) {
        return new SomeKvClient(Transport.start(nodes, settings));
    }

    public Optional<byte[]> get(byte[] key) {
        return await(() -> getAsync(key));
    }

    public CompletableFuture<Optional<byte[]>> getAsync(byte[] key) {
        return getAsync(key, ReadMode.LEADER);
    }

    /** With a say in which replica may answer, and how old its answer may be. */
    public Optional<byte[]> get(byte[] key, ReadMode mode) {
        return await(() -> getAsync(key, mode));
    }

    public CompletableFuture<Optional<byte[]>> getAsync(byte[] key, ReadMode mode) {
        return transport.request(new Command.Get(keyOf(key)), mode).thenApply(Results::value);
    }

    public void put(byte[] key, byte[] value) {
        await(() -> putAsync(key, value));
    }

    public CompletableFuture<Boolean> putAsync(byte[] key, byte[] value) {
        return ask(Command.Put.of(keyOf(key), valueOf(value)), Results::done);
    }

    /** Returns whether it was put: false if the key exists. */
    public boolean putIfAbsent(byte[] key, byte[] value) {
        return await(() -> putIfAbsentAsync(key, value));
    }

    public CompletableFuture<Boolean> putIfAbsentAsync(byte[] key, byte[] value) {
        Command put =
                new Command.Put(
                        keyOf(key), valueOf(value), Condition.IF_ABSENT, Expiry.NONE, false);
        return ask(put, Results::done);
    }

    /** Appends to the end; a missing key is put. Returns the new size in bytes. */
    public long append(byte[] key, byte[] suffix) {
        return await(() -> appendAsync(key, suffix));
    }

    public CompletableFuture<Long> appendAsync(byte[] key, byte[] suffix) {
        return ask(new Command.Append(keyOf(key), valueOf(suffix)), Results::number);
    }

    /** Returns whether the key was there. */
    public boolean delete(byte[] key) {
        return await(() -> deleteAsync(key));
    }

    public CompletableFuture<Boolean> deleteAsync(byte[] key) {
        return ask(new Command.Delete(List.of(keyOf(key))), outcome -> Results.number(outcome) > 0);
    }

    /** Adds to a decimal number; a missing key counts as 0. Returns the sum. */
    public long increment(byte[] key, long delta) {
        return await(() -> incrementAsync(key, delta));
    }

    public CompletableFuture<Long> incrementAsync(byte[] key, long delta) {
        return ask(new Command.Increment(keyOf(key), delta), Results::number);
    }

    /** Any command, for tools that speak to the shard master, with its outcome as it is. */
    public CompletableFuture<Outcome> execute(Command command) {
        return transport.request(command, ReadMode.LEADER);
    }

    /**
     * Ends the connections. Requests without an answer end as if their time were over: by the time
     * it returns, or soon after the callback that it is called in.
     */
    @Override
    public void close() {
        transport.close();
    }

    /** What no node would take is refused before it is sent: so it is sure not to be executed. */
    private static Bytes keyOf(byte[] key) {
        return atMost(GroupSettings.KEY_SIZE_MAX, "key", key);
    }

    private static Bytes valueOf(byte[] value) {
        return atMost(VALUE_SIZE_SENT_MAX, "value", value);
    }

    private static Bytes atMost(int sizeMax, String what, byte[] bytes) {
        if (bytes.length > sizeMax) {
            throw new SomeKvException.Refused(
                    "a "
                            + what
                            + " of "
                            + bytes.length
                            + " bytes; at most "
                            + sizeMax
                            + " can be sent");
        }
        return Bytes.copyOf(bytes);
    }

    private <T> CompletableFuture<T> ask(Command command, Function<Outcome, T> result) {
        return execute(command).thenApply(result);
    }

    private <T> T await(Supplier<CompletableFuture<T>> request) {
        transport.checkMayWait();
        try {
            return request.get().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof SomeKvException known) {
                throw known;
            }
            throw e;
        }
    }
}
