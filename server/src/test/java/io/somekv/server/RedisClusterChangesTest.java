package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.grpc.ControlChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisMovedDataException;

/** What Jedis and Lettuce notice of a cluster that changes while they use it: nothing. */
final class RedisClusterChangesTest {
    private static final int SHARDS = 16;
    private static final int KEYS = 100;

    @TempDir private Path folder;

    private static HostAndPort door(TestCluster cluster, int node) {
        return new HostAndPort("127.0.0.1", cluster.info(node).clusterPort());
    }

    /** Does {@code use} with growing numbers, a thread each, until {@code change} ends. */
    private static void during(Change change, List<IntConsumer> uses) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Future<Integer>> users = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (IntConsumer use : uses) {
                users.add(
                        threads.submit(() -> {
                            int count = 0;
                            while (!over.get() || count == 0) {
                                use.accept(count++);
                            }
                            return count;
                        }));
            }
            try {
                change.make();
            } finally {
                over.set(true);
            }
            for (Future<Integer> user : users) {
                assertTrue(user.get(60, TimeUnit.SECONDS) > 0);
            }
        }
    }

    @FunctionalInterface
    private interface Change {
        void make() throws Exception;
    }

    /** Shards move with their data; each increment counts once. */
    @Test
    void groupsThatJoinAndLeaveAreFound() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            cluster.awaitServed(1, SHARDS);
            cluster.lead(1, 1);
            RedisClusterClient lettuce =
                    RedisClusterClient.create(
                            RedisURI.create("127.0.0.1", cluster.info(0).clusterPort()));
            try (redis.clients.jedis.RedisClusterClient jedis =
                            redis.clients.jedis.RedisClusterClient.create(door(cluster, 0));
                    StatefulRedisClusterConnection<String, String> shared = lettuce.connect()) {
                RedisClusterCommands<String, String> redis = shared.sync();
                IntConsumer setsAndGets =
                        i -> {
                            String key = "set" + i % KEYS;
                            assertEquals("OK", jedis.set(key, "v" + i));
                            assertEquals("v" + i, jedis.get(key));
                        };
                during(() -> join(cluster), List.of(setsAndGets, i -> counts(redis, "join", i)));
                awaitShown(cluster, List.of(8_192, 8_192));
                during(() -> leave(cluster), List.of(setsAndGets, i -> counts(redis, "leave", i)));
                awaitShown(cluster, List.of(16_384));
            } finally {
                lettuce.shutdown(0, 1, TimeUnit.SECONDS);
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** Counts with each of some keys in turn. */
    private static void counts(RedisClusterCommands<String, String> redis, String prefix, int i) {
        assertEquals(i / KEYS + 1, redis.incr(prefix + i % KEYS));
    }

    private static void join(TestCluster cluster) {
        try (ControlChannel channel = cluster.control(0)) {
            channel.join(List.of(JoinOrder.newGroup(2, cluster.infos())), List.of());
        }
        cluster.awaitServed(2, SHARDS / 2);
        cluster.lead(2, 2);
    }

    private static void leave(TestCluster cluster) {
        try (ControlChannel channel = cluster.control(0)) {
            channel.leave(List.of(2L));
        }
        cluster.awaitServed(1, SHARDS);
    }

    /** A node asks for the map once a second. */
    private static void awaitShown(TestCluster cluster, List<Integer> slots) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!slotsByLeader(cluster).equals(slots)) {
            if (System.nanoTime() > deadline) {
                assertEquals(slots, slotsByLeader(cluster));
            }
        }
    }

    /** What node 3 says. */
    private static List<Integer> slotsByLeader(TestCluster cluster) {
        List<Integer> counts = new ArrayList<>();
        try (Jedis jedis = new Jedis(door(cluster, 2))) {
            for (String line : jedis.clusterNodes().split("\n", -1)) {
                int count = 0;
                for (String run : line.contains("master") ? line.split(" ", -1) : new String[0]) {
                    if (run.matches("[0-9]+-[0-9]+")) {
                        int dash = run.indexOf('-');
                        count +=
                                Integer.parseInt(run.substring(dash + 1))
                                        - Integer.parseInt(run.substring(0, dash))
                                        + 1;
                    }
                }
                if (count > 0) {
                    counts.add(count);
                }
            }
        }
        return counts;
    }

    @Test
    void aNodeThatStopsAndComesBackIsNoError() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 2, 2)) {
            cluster.awaitServed(1, SHARDS / 2);
            cluster.awaitServed(2, SHARDS / 2);
            cluster.lead(1, 3);
            cluster.lead(2, 2);
            try (redis.clients.jedis.RedisClusterClient jedis =
                    redis.clients.jedis.RedisClusterClient.create(door(cluster, 0))) {
                during(
                        () -> {
                            NodeInfo third = cluster.info(2);
                            cluster.stop(2);
                            cluster.startAgain(third);
                        },
                        List.of(
                                i -> assertEquals("OK", jedis.set("stop" + i % 100, "v" + i)),
                                i -> assertNull(jedis.get("none" + i % 100))));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** Only one lane of a node is the first to see a map. */
    @Test
    void everyLaneOfAClusterThatJustBeganServes() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 4)) {
            cluster.awaitServed(1, SHARDS);
            for (int node = 0; node < 3; node++) {
                List<Jedis> connections = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    Jedis jedis = new Jedis("127.0.0.1", cluster.info(node).respPort());
                    connections.add(jedis);
                    assertNull(jedis.get("k"));
                }
                connections.forEach(Jedis::close);
            }
        }
    }

    /** A request that nobody can answer yet waits: it is no error, and no MOVED to who is gone. */
    @Test
    void aClientThatAsksWhileNobodyLeadsIsAnsweredLater() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            cluster.awaitServed(1, SHARDS);
            cluster.lead(1, 3);
            try (Jedis first = new Jedis(door(cluster, 0))) {
                first.readonly();
                assertNull(first.get("k"));
                first.readwrite();
                cluster.stop(2);
                try {
                    first.set("k", "v");
                } catch (JedisMovedDataException e) {
                    assertEquals(door(cluster, 1), e.getTargetNode());
                }
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }
}
