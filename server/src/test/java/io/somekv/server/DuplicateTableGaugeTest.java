package io.somekv.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.client.SomeKvClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Where operators see what it costs a node to recognise retries. */
final class DuplicateTableGaugeTest {
    private static final InfoField INFO = new InfoField("memory", "duplicate_table_bytes");
    private static final Pattern JSON = Pattern.compile("\"duplicate_table_bytes\":(\\d+)");

    @TempDir private Path folder;

    /** Group 1 lives on the second lane; what a connection on either one tells is of both. */
    @Test
    void infoAndStatusTellWhatIsRememberedOfClients() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 1, 2);
                Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort());
                Jedis other = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
            long before = INFO.read(jedis);
            InetSocketAddress address =
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), cluster.info(0).peerPort());
            for (int i = 0; i < 10; i++) {
                try (SomeKvClient client = SomeKvClient.connect(List.of(address))) {
                    client.put(("k" + i).getBytes(US_ASCII), new byte[1]);
                }
            }
            while (INFO.read(jedis) == before || INFO.read(other) == before) {
                Thread.onSpinWait();
            }
            assertTrue(INFO.read(jedis) > before);
            String control = "127.0.0.1:" + cluster.info(0).grpcPort();
            Typed status = Typed.of("cluster", "status", "--json", "--node", control);
            assertEquals(0, status.code(), status.error());
            assertEquals(
                    INFO.read(jedis),
                    JSON.matcher(status.out())
                            .results()
                            .mapToLong(found -> Long.parseLong(found.group(1)))
                            .sum());
        }
    }
}
