package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The client on real sockets that have no node behind them. */
class SomeKvClientTest {
    private static final ClientSettings SETTINGS =
            new ClientSettings(60_000, 300, 200, 5, 50, 16, 16);
    private static final byte[] KEY = {1};

    private static ServerSocket listen() throws Exception {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static InetSocketAddress addressOf(ServerSocket socket) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    private static String complaint(List<InetSocketAddress> nodes) {
        try (SomeKvClient client = SomeKvClient.connect(nodes, SETTINGS)) {
            assertThrows(SomeKvException.Unreachable.class, () -> client.get(KEY));
            return String.valueOf(
                    assertThrows(SomeKvException.Unreachable.class, () -> client.put(KEY, KEY))
                            .getMessage());
        }
    }

    /** No node would read the frame: sent all the same, its outcome would seem to be unknown. */
    @Test
    void whatIsTooLargeToBeSentIsRefusedAtOnce() throws Exception {
        try (ServerSocket silent = listen();
                SomeKvClient client = SomeKvClient.connect(List.of(addressOf(silent)), SETTINGS)) {
            byte[] large = new byte[24 << 20];
            assertThrows(SomeKvException.Refused.class, () -> client.put(KEY, large));
            assertThrows(SomeKvException.Refused.class, () -> client.appendAsync(KEY, large));
            assertThrows(SomeKvException.Refused.class, () -> client.get(new byte[65_537]));
        }
    }

    @Test
    void addressesThatRefuseTheConnectionAreNamed() throws Exception {
        InetSocketAddress first;
        InetSocketAddress second;
        try (ServerSocket one = listen();
                ServerSocket other = listen()) {
            first = addressOf(one);
            second = addressOf(other);
        }
        assertEquals(
                "not executed: no node could be reached: "
                        + first.getHostString()
                        + ":"
                        + first.getPort()
                        + " (connection refused); "
                        + second.getHostString()
                        + ":"
                        + second.getPort()
                        + " (connection refused)",
                complaint(List.of(first, second)));
    }

    @Test
    void aPortThatTakesEverythingAndSaysNothingIsNoPeerPort() throws Exception {
        try (ServerSocket silent = listen()) {
            String complaint = complaint(List.of(addressOf(silent)));
            assertTrue(complaint.contains("peer port"), complaint);
        }
    }

    @Test
    void aPortThatHangsUpIsNoPeerPort() throws Exception {
        try (ServerSocket rude = listen()) {
            Thread hanging = new Thread(() -> hangUp(rude), "rude");
            hanging.setDaemon(true);
            hanging.start();
            String complaint = complaint(List.of(addressOf(rude)));
            assertTrue(complaint.contains("peer port"), complaint);
        }
    }

    private static void hangUp(ServerSocket door) {
        while (!door.isClosed()) {
            try (Socket caller = door.accept()) {
                caller.getOutputStream()
                        .write("HTTP/1.1 400\r\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                assertTrue(door.isClosed(), e.toString());
            }
        }
    }
}
