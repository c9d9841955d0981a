package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.grpc.ControlChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** {@code somekv group transfer} as typed, and what a stopping node does by itself. */
final class TransferTest {
    @TempDir private Path folder;

    private Typed typed = new Typed(0, "", "");

    private int transfer(TestCluster cluster, String... arguments) {
        List<String> words = new ArrayList<>(List.of("group", "transfer"));
        words.addAll(List.of("--node", "127.0.0.1:" + cluster.info(0).grpcPort()));
        words.addAll(List.of(arguments));
        typed = Typed.of(words.toArray(String[]::new));
        return typed.code();
    }

    /** As a node's own replica sees it. */
    private static ReplicaStatus replica(TestCluster cluster, int node, long group) {
        try (ControlChannel control = cluster.control(node)) {
            return control.status(false).getReplicasList().stream()
                    .filter(replica -> replica.getGroupId() == group)
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void theNodeNamedLeadsWhenTheCommandReturns() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            for (int node = 1; node <= 3; node++) {
                assertEquals(0, transfer(cluster, "1", "--to", "" + node), typed.error());
                assertTrue(typed.out().contains("group 1 is led by node " + node));
                assertEquals("LEADER", replica(cluster, node - 1, 1).getRole());
            }
            assertEquals(1, transfer(cluster, "1", "--to", "9"));
            assertTrue(typed.error().contains("node 9 has no replica of group 1"));
            assertEquals(1, transfer(cluster, "7"));
            assertTrue(typed.error().contains("has a replica of group 7"));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** That it takes no election timeout is shown where time is simulated, by lanes. */
    @Test
    void aNodeThatStopsLeavesItsGroupsLed() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 2, 1)) {
            for (String group : List.of("0", "1", "2")) {
                assertEquals(0, transfer(cluster, group, "--to", "3"), typed.error());
            }
            cluster.stop(2);
            for (long group = 0; group <= 2; group++) {
                while (!List.of(1L, 2L).contains(replica(cluster, 0, group).getLeaderNode())) {
                    Thread.onSpinWait();
                }
            }
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
                assertEquals("OK", jedis.set("a", "1"));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }
}
