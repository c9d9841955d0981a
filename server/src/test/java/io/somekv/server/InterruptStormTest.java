package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Interrupts reach the threads of a node while it writes (KB-44). An interrupt closes the file that
 * a thread is using; nobody sends one, and if a library did, no acknowledged write may be lost.
 */
final class InterruptStormTest {
    private static final String NODE_THREADS = "node1-";
    private static final String LOG_THREAD = "node1-log";

    /** Makes the log's next file ahead of its need, and drops old ones. */
    private static final String BACKGROUND_THREAD = "node1-background";

    private static final int WRITES = 200;

    @TempDir Path folder;

    private final AtomicInteger acknowledged = new AtomicInteger();
    private final ConcurrentSkipListSet<String> interrupted = new ConcurrentSkipListSet<>();

    /** The lanes, what reads the disk, control: none of them has the log's files open. */
    @Test
    @Tag("kb-44")
    void threadsWithoutAFileOfTheLogMayBeInterrupted() throws Exception {
        Set<String> others = Set.of(LOG_THREAD, BACKGROUND_THREAD);
        try (TestCluster cluster = TestCluster.start(folder, 1, 2, 2)) {
            storm(cluster, thread -> !others.contains(thread.getName())).join();
            assertEquals(List.of(), cluster.emergencies());
            assertEquals(WRITES, acknowledged.get());
            for (String pool : List.of("lane", "control", "disk")) {
                assertTrue(interrupted.stream().anyMatch(name -> name.contains(pool)), pool);
            }
            expectAllThere(cluster);
        }
    }

    /**
     * A file is closed under its writer, or under whoever makes the next one: the node stops, and
     * comes back with all it promised.
     */
    @Test
    @Tag("kb-44")
    void aNodeWhoseLogWriterIsInterruptedStopsAndHasLostNothing() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 2, 2)) {
            NodeInfo node = cluster.info(0);
            Thread client = storm(cluster, thread -> acknowledged.get() > WRITES / 10);
            assertTrue(interrupted.contains(LOG_THREAD));
            assertFalse(cluster.emergencies().isEmpty(), "it stops of itself");
            cluster.stop(0);
            client.join();
            assertTrue(acknowledged.get() < WRITES, "and acknowledges no more");
            cluster.startAgain(node);
            expectAllThere(cluster);
        }
    }

    /**
     * Interrupts them all the time, until all is written or the node would have ended.
     *
     * @return the client, which ends with its connection at the latest
     */
    private Thread storm(TestCluster cluster, Predicate<Thread> reached)
            throws InterruptedException {
        Thread client = Thread.ofPlatform().start(() -> write(cluster.info(0)));
        Thread[] threads = new Thread[1_000];
        while (!client.join(Duration.ofMillis(1)) && cluster.emergencies().isEmpty()) {
            for (Thread thread : Arrays.copyOf(threads, Thread.enumerate(threads))) {
                if (thread.getName().startsWith(NODE_THREADS) && reached.test(thread)) {
                    thread.interrupt();
                    interrupted.add(thread.getName());
                }
            }
        }
        return client;
    }

    private void write(NodeInfo node) {
        try (Jedis jedis = new Jedis(node.host(), node.respPort(), 20_000)) {
            while (acknowledged.get() < WRITES) {
                int next = acknowledged.get();
                assertEquals("OK", jedis.set("key" + next, "value" + next));
                acknowledged.set(next + 1);
            }
        } catch (JedisException e) {
            // Of this write nobody knows; those before it count.
        }
    }

    private void expectAllThere(TestCluster cluster) {
        NodeInfo node = cluster.info(0);
        try (Jedis jedis = new Jedis(node.host(), node.respPort(), 20_000)) {
            for (int i = 0; i < acknowledged.get(); i++) {
                assertEquals("value" + i, jedis.get("key" + i));
            }
        }
    }
}
