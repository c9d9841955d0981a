package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A leader with little memory loses its quorum under load (KB-36). What it holds for requests that
 * cannot be executed is bounded for all clients together: it reads the rest later, lives, and
 * serves once there is a quorum.
 */
@Tag("slow")
final class QuorumLostTest {
    private static final int HEAP_MEBIBYTES = 256;
    private static final int CLIENTS = 8;

    /** Of one client at once: together as much as the heap, and each less than its own bound. */
    private static final int REQUESTS = 300;

    private static final byte[] VALUE = new byte[100 << 10];

    @TempDir private Path folder;

    private final AtomicInteger written = new AtomicInteger();
    private final ConcurrentSkipListSet<String> refusals = new ConcurrentSkipListSet<>();

    @Test
    @Tag("kb-36")
    void itRefusesWritesAndLives() throws Exception {
        try (NodeGroup nodes = NodeGroup.form(folder, 3, new Program(folder, HEAP_MEBIBYTES))) {
            nodes.lead(1);
            nodes.kill(2, 3);
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String key = "key" + i;
                clients.add(Thread.ofPlatform().start(() -> write(nodes, key)));
            }
            for (Thread client : clients) {
                client.join();
            }
            assertTrue(nodes.isRunning(1), "it lives");
            assertEquals(0, written.get(), "without a quorum nothing is acknowledged");
            assertTrue(
                    refusals.stream().noneMatch(text -> text.startsWith("connection")),
                    "each is answered: " + refusals);
            nodes.start(2);
            awaitWrite(nodes);
            assertTrue(nodes.isRunning(1));
        }
    }

    private static Jedis connect(NodeGroup nodes) {
        return new Jedis(
                nodes.redisAddress(1),
                DefaultJedisClientConfig.builder()
                        .serverDefaultProtocol()
                        .socketTimeoutMillis(30_000)
                        .build());
    }

    private void write(NodeGroup nodes, String key) {
        try (Jedis jedis = connect(nodes);
                Pipeline pipeline = jedis.pipelined()) {
            List<Response<String>> replies = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                replies.add(pipeline.set((key + "-" + i).getBytes(UTF_8), VALUE));
            }
            pipeline.sync();
            replies.forEach(this::count);
        } catch (JedisException e) {
            refusals.add("connection: " + e);
        }
    }

    private void count(Response<String> reply) {
        try {
            assertEquals("OK", reply.get());
            written.incrementAndGet();
        } catch (JedisDataException e) {
            refusals.add(e.getMessage());
        }
    }

    private static void awaitWrite(NodeGroup nodes) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try (Jedis jedis = connect(nodes)) {
                assertEquals("OK", jedis.set("after", "all"));
                assertEquals("all", jedis.get("after"));
                return;
            } catch (JedisDataException e) {
                assertTrue(System.nanoTime() - deadline < 0, e::toString);
            }
        }
    }
}
