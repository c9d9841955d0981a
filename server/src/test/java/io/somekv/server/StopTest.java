package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.somekv.protocol.config.NodeInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of requests that are under way at a node that stops. */
final class StopTest {
    private static final String PING = "*1\r\n$4\r\nPING\r\n";
    private static final String PONG = "+PONG\r\n";
    private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    private static final String GET = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

    /** A node tries for ten seconds: who hears nothing for so long would wait for nobody. */
    private static final int PATIENCE_MILLIS = 5_000;

    @TempDir Path folder;

    /** The last of three executes nothing. Once it has stopped, nobody waits for it any more. */
    @Test
    @Tag("lab:MIT-2025.rsm.TestShutdown4A")
    void whoWaitsAtANodeThatStopsHearsOfIt() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            NodeInfo last = cluster.info(0);
            cluster.stop(2);
            cluster.stop(1);
            try (Socket write = begin(last, SET);
                    Socket read = begin(last, GET)) {
                cluster.stop(0);
                assertFalse(rest(write).startsWith("+"), "nothing was executed");
                assertFalse(rest(read).startsWith("$"), "nor read");
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** Sends a request behind another whose answer shows that both have come. */
    private static Socket begin(NodeInfo node, String request) throws IOException {
        Socket socket = new Socket(node.host(), node.respPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.getOutputStream().write((PING + request).getBytes(StandardCharsets.US_ASCII));
        byte[] pong = socket.getInputStream().readNBytes(PONG.length());
        assertEquals(PONG, new String(pong, StandardCharsets.US_ASCII));
        return socket;
    }

    /** All that comes until the connection ends; a connection that does not end fails the test. */
    private static String rest(Socket socket) throws IOException {
        StringBuilder text = new StringBuilder();
        InputStream in = socket.getInputStream();
        try {
            for (int next = in.read(); next >= 0; next = in.read()) {
                text.append((char) next);
            }
        } catch (SocketException reset) {
            text.append("; ").append(reset.getMessage());
        }
        return text.toString();
    }
}
