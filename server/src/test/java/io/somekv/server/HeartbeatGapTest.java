package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.server.grpc.ControlChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Where operators see how long a node's replicas waited for their leaders (KB-30). */
@Tag("kb-30")
final class HeartbeatGapTest {
    private static final InfoField INFO = new InfoField("replication", "heartbeat_gap_max_ms");
    private static final Pattern JSON = Pattern.compile("\"heartbeat_gap_ms\":[1-9]\\d*");

    @TempDir private Path folder;

    /** Group 1 lives on the second lane; a connection on either one tells of both. */
    @Test
    void infoAndStatusTellIt() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            int node = follower(cluster);
            for (int connection = 0; connection < 4; connection++) {
                try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(node).respPort())) {
                    while (INFO.read(jedis) == 0) {
                        Thread.onSpinWait();
                    }
                }
            }
            String control = "127.0.0.1:" + cluster.info(node).grpcPort();
            Typed status = Typed.of("cluster", "status", "--json", "--node", control);
            assertEquals(0, status.code(), status.error());
            assertTrue(JSON.matcher(status.out()).find(), status.out());
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** A node that follows in group 1 and has heard its leader twice. */
    private static int follower(TestCluster cluster) {
        for (int i = 0; ; i = (i + 1) % 3) {
            try (ControlChannel control = cluster.control(i)) {
                if (control.status(false).getReplicasList().stream()
                        .anyMatch(replica ->
                                replica.getGroupId() == 1
                                        && replica.getHeartbeatGapMaxMillis() > 0)) {
                    return i;
                }
            }
        }
    }
}
