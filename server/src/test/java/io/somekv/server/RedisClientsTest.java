package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;

/** Jedis and Lettuce as plain clients, unmodified, of a cluster of three nodes and two groups. */
final class RedisClientsTest {
    @TempDir static Path folder;
    private static TestCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(folder, 3, 2, 1);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
        assertEquals(List.of(), cluster.emergencies());
    }

    private static Jedis jedis(int node) {
        return new Jedis(cluster.info(node).host(), cluster.info(node).respPort(), 20_000);
    }

    private static byte[] randomBytes(int size) {
        byte[] bytes = new byte[size];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aStringWrittenThroughOneNodeIsReadThroughEveryOther() {
        try (Jedis first = jedis(0);
                Jedis second = jedis(1);
                Jedis third = jedis(2)) {
            assertEquals("OK", first.set("greeting", "hello"));
            assertEquals(12, second.append("greeting", ", world"));
            assertEquals("hello, world", third.get("greeting"));
            assertEquals(1, first.del("greeting"));
            assertNull(second.get("greeting"));
        }
    }

    /** Each node's own replica answers, as new as the leader would. */
    @Test
    void aReadOnlyConnectionSeesWhatWasWrittenBefore() {
        try (Jedis first = jedis(0);
                Jedis second = jedis(1);
                Jedis third = jedis(2)) {
            assertEquals("OK", second.readonly());
            assertEquals("OK", third.readonly());
            for (int i = 0; i < 100; i++) {
                String value = "v" + i;
                first.set("new", value);
                assertEquals(value, second.get("new"));
                assertEquals(value, third.get("new"));
            }
            assertEquals("OK", second.set("new", "written"));
            assertEquals("OK", second.readwrite());
            assertEquals("written", second.get("new"));
        }
    }

    @Test
    void aReadMayBeAsOldAsItSays() {
        try (Jedis jedis = jedis(0)) {
            jedis.set("old", "v");
            for (String age : List.of("1", "60000", "any")) {
                assertEquals("OK", send(jedis, "STALE", age));
                assertEquals("v", jedis.get("old"));
            }
            for (String age : List.of("0", "-1", "soon")) {
                assertThrows(JedisDataException.class, () -> send(jedis, "STALE", age));
            }
            assertThrows(JedisDataException.class, () -> send(jedis, "STALE"));
        }
    }

    private static String send(Jedis jedis, String... words) {
        Object reply = jedis.sendCommand(Protocol.Command.READONLY, words);
        return new String((byte[]) reply, StandardCharsets.UTF_8);
    }

    @Test
    void valuesAreBytes() {
        byte[] key = {0, 1, '\r', '\n', (byte) 0xff};
        byte[] value = randomBytes(1 << 20);
        try (Jedis first = jedis(0);
                Jedis third = jedis(2)) {
            first.set(key, value);
            assertArrayEquals(value, third.get(key));
            assertEquals(1 << 20, third.strlen(key));
        }
    }

    @Test
    void commandsOfSeveralShardsAreSplitAndMergedInOrder() {
        try (Jedis jedis = jedis(1)) {
            List<String> pairs = new ArrayList<>();
            List<String> keys = new ArrayList<>();
            List<String> values = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                keys.add("many" + i);
                values.add("value" + i);
                pairs.add("many" + i);
                pairs.add("value" + i);
            }
            jedis.mset(pairs.toArray(String[]::new));
            assertEquals(values, jedis.mget(keys.toArray(String[]::new)));
            assertEquals(50, jedis.exists(keys.toArray(String[]::new)));
            assertEquals(50, jedis.del(keys.toArray(String[]::new)));
        }
    }

    /** A client that does not wait for answers still sees its own writes, in their order. */
    @Test
    void pipelinedRequestsForOneKeyTakeEffectInTheirOrder() {
        try (Jedis jedis = jedis(2)) {
            Pipeline pipeline = jedis.pipelined();
            List<Response<String>> read = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                pipeline.set("turn", Integer.toString(i));
                read.add(pipeline.get("turn"));
            }
            pipeline.sync();
            for (int i = 0; i < 50; i++) {
                assertEquals(Integer.toString(i), read.get(i).get());
            }
        }
    }

    @Test
    void aLongPipelineIsAnsweredWholeWhateverTheBounds() {
        try (Jedis jedis = jedis(0)) {
            Pipeline pipeline = jedis.pipelined();
            List<Response<Long>> counted = new ArrayList<>();
            for (int i = 0; i < 3 * 1_024; i++) {
                counted.add(pipeline.incr("counter" + i));
            }
            pipeline.sync();
            for (Response<Long> count : counted) {
                assertEquals(1, count.get());
            }
        }
    }

    @Test
    void whatIsNotAnsweredWithAValueIsAnErrorInTheWordsOfRedis() {
        try (Jedis jedis = jedis(0)) {
            jedis.set("word", "x");
            JedisDataException notNumber =
                    assertThrows(JedisDataException.class, () -> jedis.incr("word"));
            assertEquals(
                    "ERR value is not an integer or out of range",
                    String.valueOf(notNumber.getMessage()));
            assertThrows(JedisDataException.class, () -> jedis.lpush("word", "y"));
        }
    }

    @Test
    void lettuceSharesOneConnectionBetweenManyRequests() throws Exception {
        String uri = "redis://" + cluster.info(1).host() + ":" + cluster.info(1).respPort();
        RedisClient client = RedisClient.create(uri);
        try (StatefulRedisConnection<byte[], byte[]> connection =
                client.connect(ByteArrayCodec.INSTANCE)) {
            List<RedisFuture<String>> written = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                byte[] key = ("lettuce" + i).getBytes(StandardCharsets.UTF_8);
                written.add(connection.async().set(key, randomBytes(i * 100)));
            }
            for (RedisFuture<String> each : written) {
                assertEquals("OK", each.get(20, TimeUnit.SECONDS));
            }
            byte[] last = "lettuce199".getBytes(StandardCharsets.UTF_8);
            assertArrayEquals(randomBytes(19_900), connection.sync().get(last));
        } finally {
            client.shutdown();
        }
    }
}
