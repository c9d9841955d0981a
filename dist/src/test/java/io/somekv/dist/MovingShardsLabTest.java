package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.client.ClientSettings;
import io.somekv.client.SomeKvClient;
import io.somekv.protocol.config.Slots;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Shards that move between groups while they are used, on nodes that are processes with disks, as
 * the labs have it: groups come and go, whole groups die once they have left, and clients move
 * shards to and fro while others append to them.
 */
@Tag("slow")
final class MovingShardsLabTest {
    private static final int SHARDS = 10;
    private static final int CLIENTS = 11;
    private static final int ROUNDS = 10;

    /** Some election timeouts: what is not served by then would not be. */
    private static final long PATIENCE_MILLIS = 4_000;

    private static final long ANSWER_SECONDS = 60;

    @TempDir private Path folder;

    /** A key of each shard. */
    private static final List<String> KEYS =
            IntStream.range(0, SHARDS).mapToObj(MovingShardsLabTest::keyOf).toList();

    private static String keyOf(int shard) {
        return IntStream.iterate(0, n -> n + 1)
                .mapToObj(n -> "key" + n)
                .filter(key -> Slots.shardOf(Bytes.utf8(key), SHARDS) == shard)
                .findFirst()
                .orElseThrow();
    }

    private static String read(SomeKvClient client, String key) {
        return new String(client.get(key.getBytes(UTF_8)).orElseThrow(), UTF_8);
    }

    private static void put(SomeKvClient client, String key, String value) {
        client.put(key.getBytes(UTF_8), value.getBytes(UTF_8));
    }

    private static void append(SomeKvClient client, String key, String text) {
        client.append(key.getBytes(UTF_8), text.getBytes(UTF_8));
    }

    private static void putAll(SomeKvClient client, String value) {
        KEYS.forEach(key -> put(client, key, key + " " + value));
    }

    private static void expectAll(SomeKvClient client, String value) {
        KEYS.forEach(key -> assertEquals(key + " " + value, read(client, key)));
    }

    @Test
    @Tag("lab:MIT-2015.diskv.Test4Basic")
    void keysAreThereAfterGroupsCameAndWent() throws Exception {
        try (NodeGroup nodes = NodeGroup.start(folder, 3)) {
            nodes.startCluster(SHARDS, 1, 2, 3);
            nodes.join(1, 1, 2, 3);
            SomeKvClient client = nodes.client();
            put(client, "a", "x");
            append(client, "a", "b");
            assertEquals("xb", read(client, "a"));
            putAll(client, "of group 1");
            String last = "of group 1";
            for (int group = 2; group <= 3; group++) {
                nodes.join(group, 1, 2, 3);
                expectAll(client, last);
                last = "with group " + group;
                putAll(client, last);
                nodes.awaitSettled();
                expectAll(client, last);
            }
            for (int group = 1; group <= 2; group++) {
                nodes.leave(group);
                expectAll(client, last);
                last = "without group " + group;
                putAll(client, last);
                nodes.awaitSettled();
                expectAll(client, last);
            }
            assertEquals("xb", read(client, "a"));
        }
    }

    /** Half of the keys have really moved: they are read while the group that had them is dead. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test4Move")
    void shardsReallyMove() throws Exception {
        try (NodeGroup nodes = NodeGroup.start(folder, 6)) {
            nodes.startCluster(SHARDS, 4, 5, 6);
            nodes.join(1, 1, 2, 3);
            putAll(nodes.client(), "here");
            nodes.join(2, 4, 5, 6);
            nodes.awaitSettled();
            expectAll(nodes.client(), "here");
            nodes.kill(1, 2, 3);
            SomeKvClient client = nodes.client(PATIENCE_MILLIS);
            List<CompletableFuture<Boolean>> reads = new ArrayList<>();
            for (String key : KEYS) {
                reads.add(
                        client.getAsync(key.getBytes(UTF_8))
                                .handle((value, _) -> value != null && value.isPresent()));
            }
            assertEquals(SHARDS / 2, reads.stream().filter(CompletableFuture::join).count());
            nodes.start(1, 2, 3);
            expectAll(nodes.client(), "here");
        }
    }

    /** A replica of each group is dead all the time, and at last all of the group that has left. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test4Limp")
    void groupsComeAndGoWhileReplicasAreDead() throws Exception {
        try (NodeGroup nodes = NodeGroup.start(folder, 6)) {
            nodes.startCluster(SHARDS, 4, 5, 6);
            nodes.join(2, 4, 5, 6);
            nodes.join(3, 4, 5, 6);
            nodes.join(1, 1, 2, 3);
            nodes.leave(2);
            nodes.leave(3);
            SomeKvClient client = nodes.client();
            put(client, "a", "b");
            nodes.kill(1, 4);
            assertEquals("b", read(client, "a"));
            putAll(client, "of group 1");
            String last = "of group 1";
            for (int group = 2; group <= 3; group++) {
                nodes.join(group, 4, 5, 6);
                expectAll(client, last);
                last = "with group " + group;
                putAll(client, last);
            }
            nodes.leave(1);
            expectAll(client, last);
            nodes.awaitSettled();
            nodes.kill(2, 3);
            expectAll(client, last);
            putAll(client, "without group 1");
            nodes.leave(2);
            expectAll(client, "without group 1");
            nodes.awaitSettled();
            expectAll(client, "without group 1");
            assertEquals("b", read(client, "a"));
        }
    }

    @Test
    @Tag("lab:MIT-2015.diskv.Test4Concurrent")
    void clientsAppendAndMoveShardsAtTheSameTime() throws Exception {
        try (NodeGroup nodes = NodeGroup.start(folder, 3)) {
            joinThree(nodes);
            List<SomeKvClient> clients =
                    IntStream.range(0, CLIENTS).mapToObj(_ -> nodes.client()).toList();
            appendAndMove(nodes, clients);
        }
    }

    @Test
    @Tag("lab:MIT-2015.diskv.Test4ConcurrentUnreliable")
    void clientsThatLoseRequestsAndAnswersAppendAndMoveShards() throws Exception {
        List<FlakyRelay> relays = new ArrayList<>();
        try (NodeGroup nodes = NodeGroup.start(folder, 3)) {
            joinThree(nodes);
            for (int node = 1; node <= 3; node++) {
                relays.add(FlakyRelay.start(nodes.peerAddress(node), node));
            }
            List<InetSocketAddress> addresses = relays.stream().map(FlakyRelay::address).toList();
            long lifetime = ClientSettings.defaults().lifetimeMillis();
            List<SomeKvClient> clients =
                    IntStream.range(0, CLIENTS)
                            .mapToObj(_ -> nodes.client(lifetime, addresses))
                            .toList();
            appendAndMove(nodes, clients);
            int requests = relays.stream().mapToInt(FlakyRelay::requestsLost).sum();
            int answers = relays.stream().mapToInt(FlakyRelay::answersLost).sum();
            assertTrue(requests > 10 && answers > 10, requests + " and " + answers + " lost");
        } finally {
            for (FlakyRelay relay : relays) {
                relay.close();
            }
        }
    }

    private static void joinThree(NodeGroup nodes) {
        nodes.startCluster(SHARDS, 1, 2, 3);
        for (int group = 1; group <= 3; group++) {
            nodes.join(group, 1, 2, 3);
        }
    }

    /** Each client has a key of its own; all move whatever shard they like. */
    private static void appendAndMove(NodeGroup nodes, List<SomeKvClient> clients)
            throws InterruptedException, ExecutionException, java.util.concurrent.TimeoutException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> ends = new ArrayList<>();
            for (int client = 0; client < clients.size(); client++) {
                int number = client;
                ends.add(threads.submit(() -> appendAndMove(nodes, clients.get(number), number)));
            }
            for (int client = 0; client < clients.size(); client++) {
                String expected = ends.get(client).get(ANSWER_SECONDS, TimeUnit.SECONDS);
                assertEquals(
                        expected, read(clients.get(client), KEYS.get(client % SHARDS) + client));
            }
            nodes.awaitSettled();
            for (int client = 0; client < clients.size(); client++) {
                assertEquals(
                        ends.get(client).resultNow(),
                        read(clients.get(client), KEYS.get(client % SHARDS) + client));
            }
        }
    }

    /** Returns what the key of this client holds at the end. */
    private static String appendAndMove(NodeGroup nodes, SomeKvClient client, int number) {
        Random random = new Random(number);
        String key = KEYS.get(number % SHARDS) + number;
        StringBuilder expected = new StringBuilder();
        for (int round = 0; round < ROUNDS; round++) {
            String word = number + ":" + round + " ";
            append(client, key, word);
            expected.append(word);
            assertEquals(expected.toString(), read(client, key));
            nodes.move(random.nextInt(SHARDS), 1 + random.nextInt(3));
        }
        return expected.toString();
    }
}
