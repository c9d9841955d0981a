package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.client.SomeKvClient;
import io.somekv.client.SomeKvException;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.grpc.ControlChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/** Nodes as a whole: start, stop, again on the same data, and what they refuse. */
final class ServerNodeTest {
    @TempDir Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Jedis jedis(TestCluster cluster, int node) {
        return new Jedis(cluster.info(node).host(), cluster.info(node).respPort(), 20_000);
    }

    /** With two lanes a request crosses from lane to lane and from node to node. */
    @Test
    void dataIsThereAfterAllNodesWereStopped() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 3, 2)) {
            try (Jedis jedis = jedis(cluster, 0)) {
                for (int i = 0; i < 100; i++) {
                    jedis.set("key" + i, "value" + i);
                }
            }
            cluster.restart();
            for (int node = 0; node < 3; node++) {
                try (Jedis jedis = jedis(cluster, node)) {
                    for (int i = 0; i < 100; i++) {
                        assertEquals("value" + i, jedis.get("key" + i));
                    }
                }
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** It dials the others, and its new address comes into the cluster map. */
    @Test
    void aNodeThatComesBackOnOtherPortsIsFoundAgain() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            cluster.restartElsewhere(0);
            NodeInfo moved = cluster.info(2);
            try (Jedis jedis = jedis(cluster, 2);
                    ControlChannel control = cluster.control(0)) {
                jedis.set("a", "1");
                assertEquals("1", jedis.get("a"));
                while (!control.config(-1).nodes().contains(moved)) {
                    Thread.onSpinWait();
                }
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    private static SomeKvClient clientOf(List<NodeInfo> nodes) {
        return SomeKvClient.connect(
                nodes.stream()
                        .map(node -> new InetSocketAddress(node.host(), node.peerPort()))
                        .toList());
    }

    @Test
    void theJavaClientIsServedWhileAnyMinorityIsDown() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            try (SomeKvClient client = clientOf(cluster.infos())) {
                client.put(bytes("a"), bytes("1"));
                cluster.stop(0);
                assertEquals(2, client.append(bytes("a"), bytes("2")));
                assertArrayEquals(bytes("12"), client.get(bytes("a")).orElseThrow());
                assertTrue(client.delete(bytes("a")));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void theJavaClientPutsWhatIsMissingAndCounts() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 1, 1)) {
            try (SomeKvClient client = clientOf(cluster.infos())) {
                assertTrue(client.putIfAbsent(bytes("a"), bytes("1")));
                assertFalse(client.putIfAbsentAsync(bytes("a"), bytes("2")).join());
                assertArrayEquals(bytes("1"), client.get(bytes("a")).orElseThrow());
                assertEquals(8, client.increment(bytes("a"), 7));
                assertEquals(-1, client.incrementAsync(bytes("b"), -1).join());
                client.put(bytes("c"), bytes("text"));
                assertThrows(SomeKvException.Refused.class, () -> client.increment(bytes("c"), 1));
            }
        }
    }

    /** It has the others from the cluster map; with that it knows who leads as well. */
    @Test
    void aJavaClientThatWasToldOfOneNodeGoesOnWithoutIt() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 2, 2)) {
            try (SomeKvClient client = clientOf(List.of(cluster.info(0)))) {
                client.put(bytes("a"), bytes("1"));
                // Behind the client's own question for the map, and so answered behind it.
                client.execute(new Command.QueryConfig(-1)).join();
                for (int i = 0; i < 50; i++) {
                    client.put(bytes("key" + i), bytes("value" + i));
                }
                cluster.stop(0);
                for (int i = 0; i < 50; i++) {
                    assertEquals(
                            ("value" + i).length() + 1L,
                            client.append(bytes("key" + i), bytes("+")));
                }
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void controlMayBeRepeatedAndSaysWhyItRefuses() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 2, 1);
                ControlChannel control = cluster.control(1)) {
            control.join(List.of(JoinOrder.newGroup(2, cluster.infos())), List.of());
            assertEquals(2, control.config(-1).config().number());
            ControlException noSuchGroup =
                    assertThrows(ControlException.class, () -> control.move(0, 9));
            assertEquals(ControlException.Kind.NOT_NOW, noSuchGroup.kind());
            GetStatusResponse status = control.status(true);
            assertEquals(3, status.getReplicasCount());
            Set<Long> digests = new HashSet<>();
            for (ReplicaStatus replica : status.getReplicasList()) {
                digests.add(replica.getDigest());
            }
            assertEquals(3, digests.size());
        }
    }

    /** The copy has forgotten what the node promised since: nobody listens to it (KB-43). */
    @Test
    @Tag("slow")
    @Tag("kb-43")
    void aCopyOfAFolderDoesNotTakeTheNodesPlace() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            try (ServerNode copy = cluster.startCopy(0);
                    Jedis atCopy = new Jedis(copy.info().host(), copy.info().respPort(), 20_000)) {
                assertContains("CLUSTERDOWN", refusal(() -> atCopy.set("a", "copy")));
                for (int node = 0; node < 3; node++) {
                    try (Jedis jedis = jedis(cluster, node)) {
                        jedis.set("a", "node" + node);
                        assertEquals("node" + node, jedis.get("a"));
                    }
                }
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** What a person would read. */
    private static String refusal(Executable refused) {
        return String.valueOf(assertThrows(RuntimeException.class, refused).getMessage());
    }

    private static void assertContains(String part, String text) {
        assertTrue(text.contains(part), text);
    }

    @Test
    void aFolderIsOfOneNodeAndOfOneProcess() throws Exception {
        ServerOptions first = ServerOptions.local(1, folder, ServerOptions.Ports.ANY);
        try (ServerNode node = ServerNode.start(first, (code, why, cause) -> {})) {
            assertEquals(1, node.info().nodeId());
            assertContains(
                    "in use", refusal(() -> ServerNode.start(first, (code, why, cause) -> {})));
        }
        ServerOptions second = ServerOptions.local(2, folder, ServerOptions.Ports.ANY);
        assertContains(
                "belongs to node 1",
                refusal(() -> ServerNode.start(second, (code, why, cause) -> {})));
    }

    /** Its control port is open by then, and its folder locked. */
    @Test
    void aNodeThatCannotHaveAPortLeavesNothingOpen() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, loopback)) {
            free = socket.getLocalPort();
        }
        try (ServerSocket taken = new ServerSocket(0, 1, loopback)) {
            ServerOptions busy =
                    ServerOptions.local(
                            1, folder, new ServerOptions.Ports(0, taken.getLocalPort(), free, 0));
            assertContains(
                    "cannot listen", refusal(() -> ServerNode.start(busy, (code, why, e) -> {})));
        }
        new ServerSocket(free, 1, loopback).close();
        ServerOptions alone = ServerOptions.local(1, folder, ServerOptions.Ports.ANY);
        ServerNode.start(alone, (code, why, cause) -> {}).close();
    }

    @Test
    void aNodeWithoutAClusterSaysSo() throws Exception {
        ServerOptions alone = ServerOptions.local(1, folder, ServerOptions.Ports.ANY);
        try (ServerNode node = ServerNode.start(alone, (code, why, cause) -> {});
                Jedis jedis = new Jedis(node.info().host(), node.info().respPort())) {
            assertEquals("PONG", jedis.ping());
            assertContains("CLUSTERDOWN", refusal(() -> jedis.get("key")));
        }
    }

    /** They are held together no longer than one of them is, nor is what comes behind them. */
    @Test
    void requestsForAKeyThatNobodyServesDoNotHoldEachOtherUp() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 0, 1);
                Jedis jedis = jedis(cluster, 0)) {
            // The first come before the node has the map, and are refused at once.
            long one = 0;
            for (int i = 0; i < 10_000 && one < 100_000_000; i++) {
                long begun = System.nanoTime();
                assertContains("CLUSTERDOWN", refusal(() -> jedis.get("key")));
                one = Math.max(one, System.nanoTime() - begun);
            }
            Pipeline pipeline = jedis.pipelined();
            List<Response<String>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(pipeline.set("key", Integer.toString(i)));
            }
            long begun = System.nanoTime();
            pipeline.sync();
            long all = System.nanoTime() - begun;
            answers.forEach(answer -> assertContains("CLUSTERDOWN", refusal(answer::get)));
            assertTrue(all < 5 * one, "one: " + one + " ns, all: " + all + " ns");
        }
    }

    @Test
    void onlyLoopbackIsListenedOnUnlessSomebodyInsists() {
        assertContains(
                "--insecure",
                refusal(() ->
                        new ServerOptions(
                                1,
                                folder,
                                "0.0.0.0",
                                "127.0.0.1",
                                ServerOptions.Ports.ANY,
                                1,
                                10,
                                OptionalInt.empty(),
                                OptionalLong.empty(),
                                false,
                                ServerOptions.DiskKind.FILES,
                                "")));
    }

    /** Less than that is no reserve; none at all is somebody's choice. */
    @Test
    void aReserveOfTheDiskIsNoLessThanTheNodeNeeds() {
        reserving(0);
        reserving(176L << 20);
        assertContains("0 for none", refusal(() -> reserving((176L << 20) - 1)));
    }

    private ServerOptions reserving(long bytes) {
        return new ServerOptions(
                1,
                folder,
                ServerOptions.LOOPBACK,
                ServerOptions.LOOPBACK,
                ServerOptions.Ports.ANY,
                1,
                10,
                OptionalInt.empty(),
                OptionalLong.of(bytes),
                false,
                ServerOptions.DiskKind.FILES,
                "");
    }
}
