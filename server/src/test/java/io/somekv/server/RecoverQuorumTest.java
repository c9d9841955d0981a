package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.grpc.ControlChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** {@code somekv node recover-quorum} as typed, on folders of real nodes. */
final class RecoverQuorumTest {
    @TempDir private Path folder;

    private Typed recover(String... words) {
        List<String> all = new ArrayList<>(List.of("node", "recover-quorum"));
        for (String word : words) {
            all.add(word.matches("node[0-9]") ? folder.resolve(word).toString() : word);
        }
        return Typed.answering("lose data\n", all.toArray(String[]::new));
    }

    private void refused(String why, String... words) {
        Typed typed = recover(words);
        assertEquals(1, typed.code(), typed.toString());
        assertTrue(typed.error().contains(why), typed.error());
        assertTrue(typed.error().contains("othing was changed"), typed.error());
    }

    private static void write(TestCluster cluster, String prefix) {
        try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort(), 20_000)) {
            for (int i = 0; i < 50; i++) {
                jedis.set(prefix + i, "value" + i);
            }
        }
    }

    private static void stopAll(TestCluster cluster) throws Exception {
        while (!cluster.infos().isEmpty()) {
            cluster.stop(cluster.infos().size() - 1);
        }
    }

    @Test
    @Tag("lab:somekv.require.MajorityDiskLossNeverContinues")
    void theOneThatIsLeftGoesOnAlone() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            write(cluster, "key");
            List<NodeInfo> before = cluster.infos();
            Typed running = recover("node1", "--all");
            assertTrue(running.error().contains("in use"), running.toString());
            cluster.stop(2);
            cluster.stop(1);
            String why = "groups 0-1 have no leader, and can have none: of 3 voters 2 are needed";
            String status = "";
            long end = System.nanoTime() + 60_000_000_000L;
            while (!status.contains(why)) {
                assertTrue(System.nanoTime() - end < 0, status);
                status = Typed.at(cluster.info(0), "cluster", "status").out();
            }
            assertEquals(status.indexOf("can have none"), status.lastIndexOf("can have none"));
            Typed members = Typed.at(cluster.info(0), "group", "members", "1");
            assertTrue(members.error().contains("Node 2 does not answer"), members.error());
            stopAll(cluster);

            Typed unsure = Typed.answering("yes\n", words("--all"));
            assertEquals(1, unsure.code(), unsure.toString());
            assertTrue(unsure.out().contains("WHAT MAY BE LOST"), unsure.out());
            Typed done = recover("node1", "--all");
            assertEquals(0, done.code(), done.error());
            assertTrue(done.out().contains("'somekv node replace NODE HOST:PORT'"), done.out());
            goesOnAlone(cluster, before);
            assertEquals(List.of(), cluster.emergencies());
        }
        Typed verified = Typed.of("verify", folder.resolve("node1").toString());
        assertEquals(0, verified.code(), verified.out());
        assertTrue(verified.out().contains("group 1 goes on with the replica on node 1 alone"));
    }

    private String[] words(String which) {
        return new String[] {"node", "recover-quorum", folder.resolve("node1").toString(), which};
    }

    private void goesOnAlone(TestCluster cluster, List<NodeInfo> before) throws Exception {
        cluster.startAgain(before.get(0));
        write(cluster, "more");
        try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort(), 20_000)) {
            assertEquals("value49", jedis.get("key49"));
            String newcomer = cluster.startOneMore(4);
            assertEquals(0, Typed.at(cluster.info(0), "node", "join", newcomer).code());
            for (String group : List.of("0", "1")) {
                Typed added = Typed.at(cluster.info(0), "group", "members", group, "--add", "4");
                assertEquals(0, added.code(), added.error());
            }
            cluster.startAgain(before.get(1));
            aLostOneThatComesBackIsToldThatItWasRemoved(cluster);
            assertEquals("value49", jedis.get("more49"));
        }
    }

    private static void aLostOneThatComesBackIsToldThatItWasRemoved(TestCluster cluster) {
        try (ControlChannel lost = cluster.control(2)) {
            while (lost.status(false).getReplicasList().stream()
                    .map(ReplicaStatus::getGroupId)
                    .anyMatch(group -> group == 1)) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void whatWouldLoseMoreThanItMustIsRefused() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 4, 1, 1)) {
            write(cluster, "key");
            cluster.stop(3);
            write(cluster, "later");
            cluster.stop(0);
            refused("node 2 is not lost: it answers", "node1", "node4", "--group", "1", "--force");
            stopAll(cluster);
        }
        refused("hold a majority of group 1", "node1", "node2", "node4", "--group", "1");
        refused("hold a majority of every group", "node1", "node2", "node4", "--all");
        refused("is behind node 1", "node1", "node4", "--group", "1", "--use", "node4");
        refused("has a replica of group 7", "node1", "node4", "--group", "7");
        refused("was not named", "node1", "node4", "--group", "1", "--use", "node3");
        Typed best = recover("node4", "node1", "--group", "1");
        assertEquals(0, best.code(), best.error());
        assertTrue(best.out().contains("group 1 goes on with the replica of node 1"), best.out());
    }
}
