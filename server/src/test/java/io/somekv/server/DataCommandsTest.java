package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code get}, {@code put}, {@code append}, {@code delete} and {@code cluster} as typed. */
final class DataCommandsTest {
    private static final int EXIT_USAGE = 2;
    private static final int EXIT_MISSING = 3;

    @TempDir static Path folder;
    private static TestCluster cluster;

    private Typed typed = new Typed(0, "", "");

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(folder, 1, 1, 1);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    private int runAt(String node, String command, String... arguments) {
        List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
        words.addAll(List.of("--node", node));
        words.addAll(List.of(arguments));
        typed = Typed.of(words.toArray(String[]::new));
        return typed.code();
    }

    private int run(String command, String... arguments) {
        return runAt(control(), command, arguments);
    }

    private static String control() {
        return cluster.info(0).host() + ":" + cluster.info(0).grpcPort();
    }

    private byte[] value(String key) throws Exception {
        Path file = folder.resolve("value");
        assertEquals(0, run("get", key, "--file", file.toString()), typed.error());
        return Files.readAllBytes(file);
    }

    private void assertComplains(String part) {
        assertTrue(typed.error().contains(part), typed.error());
    }

    @Test
    void aValueMayBeginWithADash() throws Exception {
        assertEquals(0, run("put", "dash", "-1"), typed.error());
        assertEquals(0, run("append", "dash", "--x", "--timeout", "9"), typed.error());
        assertEquals(0, run("append", "dash", "--", "-h"), typed.error());
        assertArrayEquals("-1--x-h".getBytes(StandardCharsets.UTF_8), value("dash"));
    }

    @Test
    void oneGroupJoinsAtATimeAndOnNodesThatAreNamed() {
        assertEquals(EXIT_USAGE, run("cluster join", "2", "3", "--on", "1"));
        assertComplains("'2 3' is neither a group's id nor FROM..TO");
        assertEquals(EXIT_USAGE, run("cluster join", "2,3", "--on", "1"));
        assertComplains("'2,3' is neither a group's id nor FROM..TO");
        assertEquals(EXIT_USAGE, run("cluster join", "2"));
        assertComplains("name the group's nodes");
    }

    @Test
    void aValueMayComeFromAFileAndGoToOneByteForByte() throws Exception {
        byte[] bytes = {0, (byte) 0xff, '\r', '\n', 'x', '\n'};
        Path file = Files.write(folder.resolve("bytes"), bytes);
        assertEquals(0, run("put", "bytes", "--file", file.toString()), typed.error());
        assertArrayEquals(bytes, value("bytes"));
        assertEquals(1, run("put", "bytes", "--file", folder.resolve("none").toString()));
        assertComplains("there is no file");
    }

    @Test
    void aValueMayBeReadFromTheNodesOwnReplica() throws Exception {
        assertEquals(0, run("put", "near", "here"), typed.error());
        assertEquals(0, run("get", "near", "--local"), typed.error());
        assertEquals(0, run("get", "near", "--local", "--stale", "500"), typed.error());
        assertEquals(0, run("get", "near", "--local", "--stale", "any"), typed.error());
        assertEquals(1, run("get", "near", "--stale", "500"));
        assertComplains("--stale needs --local");
        assertEquals(1, run("get", "near", "--local", "--stale", "0"));
        assertComplains("milliseconds from 1, or 'any'");
    }

    @Test
    void aMissingOrAnUnknownArgumentIsNamed() {
        assertEquals(EXIT_USAGE, run("get"));
        assertComplains("KEY");
        assertEquals(EXIT_USAGE, run("put", "key", "value", "--nodse"));
        assertComplains("--nodse");
        assertEquals(EXIT_USAGE, run("put", "key"));
        assertComplains("a value is missing");
    }

    @Test
    void aMissingKeyHasAnExitCodeOfItsOwn() {
        assertEquals(EXIT_MISSING, run("get", "nothing"));
        assertEquals(0, run("delete", "nothing"));
        assertEquals("0", typed.out().strip());
    }

    /** At once: there is nothing to wait for. */
    @Test
    void whereNothingListensTheAddressIsNamed() throws Exception {
        String nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = "127.0.0.1:" + socket.getLocalPort();
        }
        long began = System.nanoTime();
        assertEquals(1, runAt(nobody, "put", "key", "value", "--timeout", "60"));
        assertComplains("nobody answers at " + nobody);
        assertTrue(System.nanoTime() - began < 20_000_000_000L, "it does not try for a minute");
        assertEquals(0, runAt(nobody + "," + control(), "put", "key", "value"), typed.error());
        assertEquals(0, runAt(nobody + "," + control(), "cluster status"), typed.error());
    }

    @Test
    void anotherPortOfTheNodeIsToldFromAControlPort() {
        for (int port : new int[] {cluster.info(0).respPort(), cluster.info(0).peerPort()}) {
            assertEquals(1, runAt("127.0.0.1:" + port, "get", "key"));
            assertComplains("127.0.0.1:" + port + " is no control port");
        }
    }

    @Test
    void aNodeWithoutAClusterIsNotWaitedFor() throws Exception {
        ServerOptions alone =
                ServerOptions.local(7, folder.resolve("alone"), ServerOptions.Ports.ANY);
        try (ServerNode node = ServerNode.start(alone, (code, why, cause) -> {})) {
            assertEquals(1, runAt("127.0.0.1:" + node.info().grpcPort(), "get", "key"));
            assertComplains("somekv cluster start");
        }
    }
}
