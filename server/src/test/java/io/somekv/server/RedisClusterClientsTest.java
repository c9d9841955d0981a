package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.grpc.ControlChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisMovedDataException;

/** Jedis and Lettuce as clients that know of the cluster, unmodified: three nodes, two groups. */
final class RedisClusterClientsTest {
    private static final int KEYS = 200;
    private static final int TRANSFERS = 6;

    /** Of a node that has two lanes: more than enough for both. */
    private static final int CONNECTIONS = 8;

    @TempDir static Path folder;
    private static TestCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(folder, 3, 2, 2);
        try (ControlChannel channel = cluster.control(0)) {
            channel.tuneCaretaker(CaretakerSettings.DEFAULTS.withDuties(List.of()));
        }
        cluster.awaitServed(1, 8);
        cluster.awaitServed(2, 8);
        cluster.lead(1, 1);
        cluster.lead(2, 2);
        awaitDirections();
    }

    /** Until then nodes pass requests on: shards have only just come to where they are. */
    private static void awaitDirections() {
        long deadline = System.nanoTime() + 60_000_000_000L;
        int inARow = 0;
        while (inARow < CONNECTIONS) {
            int first = sentAway(0);
            int second = sentAway(1);
            int third = sentAway(2);
            assertTrue(
                    System.nanoTime() < deadline,
                    () -> "of %d keys sent away: %d, %d, %d".formatted(KEYS, first, second, third));
            inARow = first + second == KEYS && third == KEYS ? inARow + 1 : 0;
        }
    }

    /** How many keys are, by one connection, which is one lane's. */
    private static int sentAway(int node) {
        int count = 0;
        try (Jedis jedis = new Jedis(door(node))) {
            for (int i = 0; i < KEYS; i++) {
                try {
                    jedis.get("sent" + i);
                } catch (JedisMovedDataException e) {
                    count++;
                }
            }
        }
        return count;
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
        assertEquals(List.of(), cluster.emergencies());
    }

    /** Group 1 is led by node 1, group 2 by node 2; node 3 follows in both. */
    @BeforeEach
    void leadersAreApart() {
        cluster.lead(1, 1);
        cluster.lead(2, 2);
    }

    private static HostAndPort door(int node) {
        return new HostAndPort(cluster.info(node).host(), cluster.info(node).clusterPort());
    }

    private static redis.clients.jedis.RedisClusterClient jedisOf(HostAndPort seed) {
        return redis.clients.jedis.RedisClusterClient.create(seed);
    }

    private static Set<String> doors() {
        Set<String> doors = new TreeSet<>();
        for (NodeInfo info : cluster.infos()) {
            doors.add(info.host() + ":" + info.clusterPort());
        }
        return doors;
    }

    /** The first key of that prefix whose group the node leads, by what the node says. */
    private static String keyLedBy(int node, String prefix) {
        try (Jedis jedis = new Jedis(door(node))) {
            for (int i = 0; ; i++) {
                try {
                    jedis.get(prefix + i);
                    return prefix + i;
                } catch (JedisMovedDataException e) {
                    // Another's.
                }
            }
        }
    }

    @Test
    void jedisFindsAllNodesAndServesAllKeysWhicheverDoorItIsGiven() {
        for (int port : new int[] {cluster.info(2).clusterPort(), cluster.info(2).respPort()}) {
            try (redis.clients.jedis.RedisClusterClient jedis =
                    jedisOf(new HostAndPort("127.0.0.1", port))) {
                assertTrue(jedis.getClusterNodes().keySet().containsAll(doors()));
                for (int i = 0; i < KEYS; i++) {
                    assertEquals("OK", jedis.set("all" + i, port + "-" + i));
                }
                for (int i = 0; i < KEYS; i++) {
                    assertEquals(port + "-" + i, jedis.get("all" + i));
                }
                assertEquals("OK", jedis.mset("{all}a", "1", "{all}b", "2"));
                assertEquals(2, jedis.del("{all}a", "{all}b"));
            }
        }
    }

    @Test
    void aConnectionOfTheClusterDoorIsSentToTheLeader() {
        String key = keyLedBy(1, "moved");
        try (Jedis first = new Jedis(door(0));
                Jedis plain = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
            JedisMovedDataException moved =
                    assertThrows(JedisMovedDataException.class, () -> first.set(key, "v"));
            assertEquals(door(1), moved.getTargetNode());
            assertEquals(first.clusterKeySlot(key), moved.getSlot());
            assertEquals("OK", first.asking());
            assertEquals("OK", first.set(key, "asked"));
            assertThrows(JedisMovedDataException.class, () -> first.get(key));
            JedisDataException crossing =
                    assertThrows(JedisDataException.class, () -> first.mset("a", "1", "b", "2"));
            assertEquals(
                    "CROSSSLOT Keys in request don't hash to the same slot", crossing.getMessage());
            assertEquals("asked", plain.get(key));
            assertEquals("OK", plain.mset("a", "1", "b", "2"));
        }
    }

    @Test
    void aFollowerAnswersWhoAsksIt() {
        String key = keyLedBy(0, "near");
        try (Jedis first = new Jedis(door(0));
                Jedis third = new Jedis(door(2))) {
            assertThrows(JedisMovedDataException.class, () -> third.get(key));
            assertEquals("OK", third.readonly());
            for (int i = 0; i < KEYS; i++) {
                first.set(key, "v" + i);
                assertEquals("v" + i, third.get(key));
            }
            assertThrows(JedisMovedDataException.class, () -> third.set(key, "v"));
            assertEquals("OK", third.readwrite());
            assertThrows(JedisMovedDataException.class, () -> third.get(key));
        }
    }

    @Test
    void keysAreCountedOnceByWhoAsksEveryNode() {
        try (redis.clients.jedis.RedisClusterClient jedis = jedisOf(door(0));
                Jedis plain = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
            jedis.flushAll();
            for (int i = 0; i < KEYS; i++) {
                jedis.set("counted" + i, "v");
            }
            long sum = 0;
            for (int node = 0; node < 3; node++) {
                try (Jedis each = new Jedis(door(node))) {
                    sum += each.dbSize();
                }
            }
            assertEquals(KEYS, sum);
            assertEquals(KEYS, plain.dbSize());
            jedis.flushAll();
            assertEquals(0, plain.dbSize());
        }
    }

    @Test
    void aSlotIsCountedAndListedThroughAnyDoor() {
        try (Jedis plain = new Jedis("127.0.0.1", cluster.info(2).respPort());
                Jedis aware = new Jedis(door(2))) {
            for (int i = 0; i < 20; i++) {
                plain.set("{slot}" + i, "v");
                plain.set("other" + i, "v");
            }
            int slot = (int) plain.clusterKeySlot("slot");
            for (Jedis each : List.of(plain, aware)) {
                assertEquals(20, each.clusterCountKeysInSlot(slot));
                List<String> listed = each.clusterGetKeysInSlot(slot, 100);
                assertEquals(20, new TreeSet<>(listed).size());
                assertTrue(listed.stream().allMatch(key -> key.startsWith("{slot}")));
                assertEquals(3, each.clusterGetKeysInSlot(slot, 3).size());
            }
        }
    }

    @Test
    void jedisSeesNoErrorWhileLeadersChange() throws Exception {
        try (redis.clients.jedis.RedisClusterClient jedis = jedisOf(door(0))) {
            loadWhileLeadersChange("jedis", jedis::set, jedis::get);
        }
    }

    @Test
    void lettuceSeesNoErrorWhileLeadersChange() throws Exception {
        RedisClusterClient client = RedisClusterClient.create(seeds(cluster.info(2).respPort()));
        try (StatefulRedisClusterConnection<String, String> connection = client.connect()) {
            Set<String> seen = new TreeSet<>();
            for (RedisClusterNode node : client.getPartitions()) {
                seen.add(node.getUri().getHost() + ":" + node.getUri().getPort());
            }
            assertTrue(seen.containsAll(doors()), seen::toString);
            loadWhileLeadersChange(
                    "lettuce", connection.sync()::set, key -> connection.sync().get(key));
        } finally {
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }

    private static List<RedisURI> seeds(int port) {
        return List.of(RedisURI.create("127.0.0.1", port));
    }

    @Test
    void lettuceReadsFromFollowers() {
        RedisClusterClient client = RedisClusterClient.create(seeds(cluster.info(0).clusterPort()));
        try (StatefulRedisClusterConnection<String, String> connection = client.connect()) {
            for (ReadFrom from : List.of(ReadFrom.REPLICA, ReadFrom.REPLICA_PREFERRED)) {
                connection.setReadFrom(from);
                for (int i = 0; i < KEYS; i++) {
                    assertEquals("OK", connection.sync().set("from" + i, from + "-" + i));
                    assertEquals(from + "-" + i, connection.sync().get("from" + i));
                }
            }
        } finally {
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }

    private interface Reading {
        String get(String key);
    }

    /** Each key has one writer, who reads what it wrote. */
    private static void loadWhileLeadersChange(
            String name, BiFunction<String, String, String> set, Reading reading) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Future<Integer>> writers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int writer = 0; writer < 3; writer++) {
                String prefix = name + writer + "-";
                writers.add(threads.submit(() -> load(prefix, set, reading, over)));
            }
            for (int turn = 0; turn < TRANSFERS; turn++) {
                cluster.lead(1 + turn % 2, 1 + turn % 3);
            }
            over.set(true);
            for (Future<Integer> writer : writers) {
                assertTrue(writer.get(60, TimeUnit.SECONDS) > 0);
            }
        }
    }

    private static int load(
            String prefix,
            BiFunction<String, String, String> set,
            Reading reading,
            AtomicBoolean over) {
        Map<String, String> written = new HashMap<>();
        int count = 0;
        while (!over.get()) {
            String key = prefix + count % 50;
            String value = "v" + count++;
            assertEquals("OK", set.apply(key, value));
            written.put(key, value);
            String other = prefix + count * 7 % 50;
            assertEquals(String.valueOf(written.get(other)), String.valueOf(reading.get(other)));
        }
        return count;
    }
}
