package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** A node that is started on an older state of its own disk, on real nodes. */
final class SetBackDiskTest {
    @TempDir private Path folder;

    /**
     * Nobody that runs remembers it: all were started anew, and the old copy was started so often
     * that its count of runs has passed that of the disk it was taken from.
     */
    @Test
    @Tag("kb-43")
    void itIsFoundOutByWhatTheOthersHaveKeptOfIt() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            cluster.restart();
            serves(cluster, 0);
            NodeInfo third = cluster.info(2);
            cluster.stop(2);
            Path old = cluster.copy(3, "old");
            cluster.startAgain(third);
            serves(cluster, 2);
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort(), 20_000)) {
                for (int i = 0; i < 200; i++) {
                    jedis.set("key" + i, "value" + i);
                }
            }
            othersHaveKept(cluster, third);
            cluster.stop(2);
            cluster.restart();
            Files.move(folder.resolve("node3"), folder.resolve("newest"));
            Files.move(old, folder.resolve("node3"));

            for (int run = 0; run < 4; run++) {
                cluster.startAgain(third);
                while (cluster.emergencies().size() <= run) {
                    Thread.onSpinWait();
                }
                cluster.stop(2);
            }
            String why = cluster.emergencies().get(3);
            assertTrue(why.contains("the disk was put back to an older state"), why);

            Files.move(folder.resolve("node3"), folder.resolve("old"));
            Files.move(folder.resolve("newest"), folder.resolve("node3"));
            cluster.startAgain(third);
            serves(cluster, 2);
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(2).respPort(), 20_000)) {
                assertEquals("value199", jedis.get("key199"));
            }
            assertEquals(4, cluster.emergencies().size());
        }
    }

    private static void serves(TestCluster cluster, int node) {
        String at = "127.0.0.1:" + cluster.info(node).grpcPort();
        Typed put = Typed.of("put", "first", "1", "--timeout", "60", "--node", at);
        assertEquals(0, put.code(), put.error());
    }

    /** Once a second they keep what it announces, and it announces once a second. */
    private void othersHaveKept(TestCluster cluster, NodeInfo node) throws Exception {
        for (long other : List.of(1L, 2L)) {
            long before = kept(other, node);
            while (kept(other, node) <= before) {
                try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort(), 20_000)) {
                    jedis.set("more", "x".repeat(1000));
                }
            }
        }
    }

    private long kept(long by, NodeInfo node) throws Exception {
        Path marks = folder.resolve("node" + by).resolve("marks");
        if (!Files.exists(marks)) {
            return 0;
        }
        return Files.readAllLines(marks).stream()
                .filter(line -> line.startsWith("node." + node.nodeId()))
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(0);
    }
}
