package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.command.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

    /** Where an answer came sooner than something was chained to it, that ran elsewhere: again. */
    private static void onItsOwnThread(SomeKvClient client, Runnable action) throws Exception {
        boolean hasRun = false;
        while (!hasRun) {
            hasRun =
                    client.getAsync(KEY)
                            .handle((value, trouble) -> {
                                boolean isThere =
                                        Thread.currentThread().getName().equals("somekv-client");
                                if (isThere) {
                                    action.run();
                                }
                                return isThere;
                            })
                            .get();
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aCallbackThatWouldWaitForTheClientIsToldWhatToDo() throws Exception {
        try (ServerSocket silent = listen();
                SomeKvClient client = SomeKvClient.connect(List.of(addressOf(silent)), SETTINGS)) {
            onItsOwnThread(client, () -> checkRefusesToWait(client));
            assertThrows(SomeKvException.Unreachable.class, () -> client.get(KEY));
        }
    }

    private static void checkRefusesToWait(SomeKvClient client) {
        IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> client.put(KEY, KEY));
        String words = String.valueOf(refused.getMessage());
        assertTrue(words.contains("thenCompose"), words);
        assertThrows(IllegalStateException.class, () -> client.get(KEY));
        assertThrows(IllegalStateException.class, () -> client.getAsync(KEY).join());
        assertThrows(IllegalStateException.class, () -> client.putAsync(KEY, KEY).get());
        assertThrows(
                IllegalStateException.class,
                () -> client.execute(new Command.QueryConfig(1)).get(1, TimeUnit.MILLISECONDS));
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aCallbackMayAskForMoreAndHaveWhatWaitsRunElsewhere() throws Exception {
        try (ServerSocket silent = listen();
                SomeKvClient client = SomeKvClient.connect(List.of(addressOf(silent)), SETTINGS)) {
            CompletableFuture<Optional<byte[]>> chained =
                    client.getAsync(KEY).exceptionallyCompose(trouble -> client.getAsync(KEY));
            assertInstanceOf(
                    SomeKvException.Unreachable.class,
                    assertThrows(ExecutionException.class, chained::get).getCause());
            client.getAsync(KEY)
                    .handleAsync((value, trouble) ->
                            assertThrows(
                                    SomeKvException.Unreachable.class, () -> client.put(KEY, KEY)))
                    .get();
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aCallbackMayCloseTheClient() throws Exception {
        try (ServerSocket silent = listen()) {
            SomeKvClient client = SomeKvClient.connect(List.of(addressOf(silent)), SETTINGS);
            List<CompletableFuture<Boolean>> open = new ArrayList<>();
            onItsOwnThread(
                    client,
                    () -> {
                        open.add(client.putAsync(KEY, KEY));
                        client.close();
                    });
            assertInstanceOf(
                    SomeKvException.OutcomeUnknown.class,
                    assertThrows(ExecutionException.class, () -> open.get(0).get()).getCause());
            client.close();
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
