package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.Slots;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** How an operator holds moves and the caretaker, as typed. */
class SteeringTest {
    private static final int SHARDS = 16;
    private static final int SHARD = 3;
    private static final String KEY =
            IntStream.iterate(0, n -> n + 1)
                    .mapToObj(n -> "key" + n)
                    .filter(key -> Slots.shardOf(Bytes.utf8(key), SHARDS) == SHARD)
                    .findFirst()
                    .orElseThrow();
    private static final Pattern HELD =
            Pattern.compile("(?m)^" + SHARD + " +1 +2 +waiting, paused");

    @TempDir private Path folder;

    private static String typed(TestCluster cluster, String... words) {
        Typed typed = Typed.at(cluster.info(0), words);
        assertEquals(0, typed.code(), typed::error);
        return typed.out();
    }

    private static String read(TestCluster cluster) {
        try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
            return jedis.get(KEY);
        }
    }

    private static void awaitShown(TestCluster cluster, Pattern wanted) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        String shown = "";
        while (!wanted.matcher(shown).find()) {
            assertTrue(System.nanoTime() < deadline, shown);
            shown = typed(cluster, "cluster", "moves");
        }
    }

    private static void watchToTheEnd(TestCluster cluster) {
        String shown = typed(cluster, "cluster", "moves", "--watch");
        assertTrue(shown.contains("no shard is on its way"), shown);
    }

    @Test
    void aMoveIsPausedCancelledAndResumed() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 2, 1)) {
            cluster.awaitServed(1, SHARDS / 2);
            cluster.awaitServed(2, SHARDS / 2);
            typed(cluster, "put", KEY, "v");
            assertEquals("v", read(cluster));
            String shard = "" + SHARD;
            String paused = typed(cluster, "cluster", "moves", "pause", shard);
            assertTrue(paused.contains("; paused: " + SHARD), paused);
            typed(cluster, "cluster", "move", shard, "2");
            awaitShown(cluster, HELD);
            typed(cluster, "cluster", "moves", "cancel", shard);
            watchToTheEnd(cluster);
            typed(cluster, "cluster", "move", shard, "2");
            awaitShown(cluster, HELD);
            assertEquals("v", read(cluster));
            String resumed = typed(cluster, "cluster", "moves", "resume", shard);
            assertFalse(resumed.contains("paused"), resumed);
            cluster.awaitServed(2, SHARDS / 2 + 1);
            assertEquals("v", read(cluster));
            watchToTheEnd(cluster);
            Typed refused = Typed.at(cluster.info(0), "cluster", "moves", "cancel", shard);
            assertNotEquals(0, refused.code());
            assertTrue(refused.error().contains("shard 3 is not on its way"), refused::error);
        }
    }

    @Test
    void dutiesAreTakenFromTheCaretakerAndGivenBack() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            String off = typed(cluster, "cluster", "caretaker", "off", "move", "lead");
            assertTrue(Pattern.compile("lead +off\\s+move +off").matcher(off).find(), off);
            String on = typed(cluster, "cluster", "caretaker", "on", "lead");
            assertTrue(Pattern.compile("lead +on\\s+move +off").matcher(on).find(), on);
            Typed unknown = Typed.at(cluster.info(0), "cluster", "caretaker", "off", "moves");
            assertNotEquals(0, unknown.code());
            assertTrue(
                    unknown.error()
                            .contains("there is no duty 'moves': replace, place, lead, move"),
                    unknown::error);
            assertEquals(on, typed(cluster, "cluster", "caretaker"));
            assertTrue(typed(cluster, "cluster", "why").contains("nothing was decided"));
        }
    }
}
