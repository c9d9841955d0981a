package io.somekv.dist;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between clients and a node, and ends each connection after a while that is drawn from a
 * seed: in front of a request, which is lost then, or of an answer, whose request was carried out.
 */
final class FlakyRelay implements AutoCloseable {
    private static final int CHUNK_SIZE = 64 << 10;

    /** So many requests, or pieces of them, pass before a connection ends. */
    private static final int REQUESTS_MAX = 12;

    private final InetSocketAddress target;
    private final ServerSocket door;
    private final Random random;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger requestsLost = new AtomicInteger();
    private final AtomicInteger answersLost = new AtomicInteger();

    private FlakyRelay(InetSocketAddress target, long seed) throws IOException {
        this.target = target;
        this.door = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        this.random = new Random(seed);
    }

    static FlakyRelay start(InetSocketAddress target, long seed) throws IOException {
        FlakyRelay relay = new FlakyRelay(target, seed);
        Thread.startVirtualThread(relay::accept);
        return relay;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(door.getInetAddress(), door.getLocalPort());
    }

    int requestsLost() {
        return requestsLost.get();
    }

    int answersLost() {
        return answersLost.get();
    }

    /** Once the door is closed there is nobody to accept. */
    private void accept() {
        try {
            while (!door.isClosed()) {
                Socket client = door.accept();
                open.add(client);
                int requests = 1 + random.nextInt(REQUESTS_MAX);
                boolean losesAnswer = random.nextBoolean();
                Thread.startVirtualThread(() -> relay(client, requests, losesAnswer));
            }
        } catch (IOException e) {
            closeAll();
        }
    }

    private void relay(Socket client, int requests, boolean losesAnswer) {
        try (client;
                Socket node = new Socket(target.getAddress(), target.getPort())) {
            open.add(node);
            AtomicInteger left = new AtomicInteger(requests);
            Thread back =
                    Thread.startVirtualThread(() -> {
                        copy(node, client, () -> !losesAnswer || left.get() > 0, answersLost);
                        end(client);
                    });
            copy(
                    client,
                    node,
                    () -> left.decrementAndGet() > 0 || (losesAnswer && left.get() == 0),
                    requestsLost);
            if (!losesAnswer) {
                end(client);
                end(node);
            }
            back.join();
        } catch (IOException e) {
            end(client);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a test", e);
        }
    }

    private interface Passing {
        /** Asked for each piece that comes; the connection ends with the first that may not. */
        boolean mayPass();
    }

    private static void copy(Socket from, Socket to, Passing passing, AtomicInteger lost) {
        byte[] chunk = new byte[CHUNK_SIZE];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int size = in.read(chunk); size >= 0; size = in.read(chunk)) {
                if (!passing.mayPass()) {
                    lost.incrementAndGet();
                    return;
                }
                out.write(chunk, 0, size);
            }
        } catch (IOException e) {
            // The connection has ended, at this end or the other.
        }
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("a socket does not close", e);
        }
    }

    private void closeAll() {
        open.forEach(FlakyRelay::end);
    }

    @Override
    public void close() throws IOException {
        door.close();
        closeAll();
    }
}
