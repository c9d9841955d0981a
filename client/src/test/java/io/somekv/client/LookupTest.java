package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.frame.Frame;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.protocol.frame.FrameDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Names of nodes, and name servers that do not answer. */
class LookupTest {
    private static final Command.Get GET = new Command.Get(Bytes.utf8("k"));
    private static final String STUCK = "stuck.invalid";

    /** Holds for several of the client's attempts to connect. */
    private static final long SOME_ATTEMPTS_NANOS = 700_000_000;

    private final CountDownLatch nameServer = new CountDownLatch(1);
    private final LinkedBlockingQueue<Thread> asking = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

    private InetAddress find(String host) throws UnknownHostException {
        if (!host.equals(STUCK)) {
            return InetAddress.getByName(host);
        }
        Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> failures.add(e));
        asking.add(Thread.currentThread());
        try {
            nameServer.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        throw new UnknownHostException(host);
    }

    private Transport start(long reachMillis, InetSocketAddress... nodes) {
        ClientSettings settings = new ClientSettings(60_000, reachMillis, 30_000, 5, 50, 16, 16);
        return Transport.start(List.of(nodes), this::find, settings);
    }

    private static Outcome get(Transport client)
            throws InterruptedException, ExecutionException, TimeoutException {
        return client.request(GET, ReadMode.LEADER).get(10, TimeUnit.SECONDS);
    }

    /** Its node is down, or nobody could ask for its name; the other one serves. */
    @Test
    void aNameServerThatDoesNotAnswerHoldsUpNoRequestToOthers() throws Exception {
        try (ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread node = new Thread(() -> serve(door), "node");
            node.setDaemon(true);
            node.start();
            Transport client =
                    start(
                            10_000,
                            InetSocketAddress.createUnresolved(STUCK, 1),
                            new InetSocketAddress(door.getInetAddress(), door.getLocalPort()));
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < SOME_ATTEMPTS_NANOS) {
                assertEquals(new Outcome.Nil(), get(client));
            }
            assertEquals(1, asking.size(), "what is under way is not begun once more");
            client.close();
            Thread stuck = asking.remove();
            assertTrue(stuck.isAlive(), "nobody waited for it");
            nameServer.countDown();
            stuck.join(10_000);
            assertFalse(stuck.isAlive());
            assertEquals(List.of(), new ArrayList<>(failures));
        }
    }

    @Test
    void whatIsWrongWithANameIsTold() throws Exception {
        Transport client = start(500, InetSocketAddress.createUnresolved(STUCK, 1));
        String underWay = complaint(client);
        assertTrue(
                underWay.endsWith("stuck.invalid:1 (its name is still being looked up)"), underWay);
        nameServer.countDown();
        String complaint = complaint(client);
        while (complaint.contains("looked up")) {
            complaint = complaint(client);
        }
        assertTrue(complaint.endsWith("stuck.invalid:1 (no such host)"), complaint);
        client.close();
    }

    private static String complaint(Transport client) {
        CompletableFuture<Outcome> request = client.request(GET, ReadMode.LEADER);
        ExecutionException failed =
                assertThrows(ExecutionException.class, () -> request.get(10, TimeUnit.SECONDS));
        return String.valueOf(failed.getCause());
    }

    /** A node that has no key. */
    private static void serve(ServerSocket door) {
        try (Socket socket = door.accept()) {
            OutputStream out = socket.getOutputStream();
            FrameDecoder decoder = new FrameDecoder(FrameCodec.FRAME_SIZE_MAX);
            byte[] chunk = new byte[4096];
            int size = socket.getInputStream().read(chunk);
            while (size > 0) {
                List<Frame> frames = new ArrayList<>();
                decoder.feed(ByteBuffer.wrap(chunk, 0, size), frames::add);
                for (Frame frame : frames) {
                    answer(frame, out);
                }
                size = socket.getInputStream().read(chunk);
            }
        } catch (IOException e) {
            assertTrue(door.isClosed(), e.toString());
        }
    }

    private static void answer(Frame frame, OutputStream out) throws IOException {
        if (frame instanceof Frame.Hello) {
            UUID any = new UUID(0, 1);
            out.write(FrameCodec.encode(new Frame.Hello(any, 1, any, 1, 1)).toArray());
        } else if (frame instanceof Frame.Call call) {
            Frame reply = new Frame.Reply(call.token(), new Outcome.Nil(), 0);
            out.write(FrameCodec.encode(reply).toArray());
        }
    }
}
