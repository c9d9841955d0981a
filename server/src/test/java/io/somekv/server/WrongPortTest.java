package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.client.ClientSettings;
import io.somekv.client.SomeKvClient;
import io.somekv.client.SomeKvException;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node has three ports, and each is taken for another one sooner or later. */
final class WrongPortTest {
    private static final ClientSettings SETTINGS =
            new ClientSettings(10_000, 500, 200, 5, 50, 16, 16);

    @TempDir static Path folder;
    private static ServerNode node;

    @BeforeAll
    static void start() throws Exception {
        ServerOptions options = ServerOptions.local(1, folder, ServerOptions.Ports.ANY);
        node = ServerNode.start(options, (code, why, cause) -> {});
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    private static String complaintOfClient(int port) {
        List<InetSocketAddress> nodes = List.of(new InetSocketAddress(node.info().host(), port));
        try (SomeKvClient client = SomeKvClient.connect(nodes, SETTINGS)) {
            byte[] key = {1};
            return String.valueOf(
                    assertThrows(SomeKvException.Unreachable.class, () -> client.put(key, key))
                            .getMessage());
        }
    }

    @Test
    void theJavaClientSaysThatItIsNoPeerPort() {
        NodeInfo info = node.info();
        for (int port : new int[] {info.respPort(), info.grpcPort()}) {
            String complaint = complaintOfClient(port);
            assertTrue(complaint.contains("peer port"), complaint);
        }
    }

    @Test
    void controlSaysThatItIsNoControlPort() {
        NodeInfo info = node.info();
        for (int port : new int[] {info.respPort(), info.peerPort()}) {
            try (ControlChannel channel = ControlChannel.to(info.host() + ":" + port)) {
                ControlException complaint =
                        assertThrows(ControlException.class, () -> channel.status(false));
                assertEquals(ControlException.Kind.UNREACHABLE, complaint.kind());
                String message = String.valueOf(complaint.getMessage());
                assertTrue(message.contains("is no control port"), message);
            }
        }
    }

    /** Anybody could fill the disk of a node's log. */
    @Test
    void aConnectionThatIsNoGrpcLeavesNoStackTraceInTheLog() {
        TraceCollector traces = new TraceCollector();
        Logger root = Logger.getLogger("");
        root.addHandler(traces);
        try {
            complaintOfClient(node.info().grpcPort());
        } finally {
            root.removeHandler(traces);
        }
        assertEquals(List.of(), List.copyOf(traces.seen));
    }

    private static final class TraceCollector extends Handler {
        private final ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();

        @Override
        public void publish(LogRecord entry) {
            if (entry.getThrown() != null) {
                seen.add(entry.getLoggerName() + ": " + entry.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
