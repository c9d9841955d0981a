package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.cli.ServerCommands;
import io.somekv.server.grpc.ControlChannel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import redis.clients.jedis.Jedis;

/** {@code somekv node ...} and {@code somekv group members} as typed, on real nodes. */
final class MembersTest {
    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter error = new StringWriter();

    /** Typed with node 1 as the one to ask. */
    private int type(TestCluster cluster, String... words) {
        CommandLine line = new CommandLine(CommandSpec.create().name("somekv"));
        ServerCommands.all().forEach(line::addSubcommand);
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(error, true));
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--node", "127.0.0.1:" + cluster.info(0).grpcPort()));
        return line.execute(all.toArray(String[]::new));
    }

    /** Nodes of the voters of a group, as its leader has it. */
    private static List<Long> voters(TestCluster cluster, long group) {
        for (int node = 0; node < cluster.infos().size(); node++) {
            try (ControlChannel control = cluster.control(node)) {
                for (ReplicaStatus replica : control.status(false).getReplicasList()) {
                    if (replica.getGroupId() == group && replica.getRole().equals("LEADER")) {
                        return replica.getMembersList().stream()
                                .filter(member -> member.getRole().equals("VOTER"))
                                .map(GroupMember::getNodeId)
                                .toList();
                    }
                }
            }
        }
        return List.of();
    }

    @Test
    void aNodeThatStoppedForGoodIsReplaced() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
                jedis.set("a", "1");
                String newcomer = cluster.startOneMore(4);
                cluster.stop(2);
                assertEquals(0, type(cluster, "node", "replace", "3", newcomer), error.toString());
                assertEquals(List.of(1L, 2L, 4L), voters(cluster, 0));
                assertEquals(List.of(1L, 2L, 4L), voters(cluster, 1));
                cluster.stop(1);
                assertEquals("1", jedis.get("a"), "the newcomer and node 1 are a majority");
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void aNodeIsDrainedAndRemoved() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            assertEquals(1, type(cluster, "node", "drain", "3"));
            assertTrue(error.toString().contains("nothing was changed"), error.toString());
            assertEquals(1, type(cluster, "node", "remove", "3"));
            assertTrue(error.toString().contains("node 3 has a replica of group"));
            String newcomer = cluster.startOneMore(9);
            assertEquals(0, type(cluster, "node", "join", newcomer), error.toString());
            assertEquals(0, type(cluster, "node", "drain", "3"), error.toString());
            assertEquals(List.of(1L, 2L, 9L), voters(cluster, 1));
            assertEquals(0, type(cluster, "node", "remove", "3"), error.toString());
            assertEquals(0, type(cluster, "group", "members", "1"));
            assertTrue(out.toString().contains("voter"), out.toString());
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** It comes back under its id, on a disk that remembers nothing: not as who it was. */
    @Test
    @Tag("lab:somekv.require.MinorityDiskLossRecovers")
    @Tag("lab:somekv.require.LostDiskTakesNoPart")
    void aNodeThatLostItsDiskIsReplacedByItself() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 2)) {
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
                jedis.set("a", "1");
                cluster.stop(2);
                String again = cluster.startBlank(3);
                assertEquals(0, type(cluster, "node", "replace", "3", again), error.toString());
                assertEquals(List.of(1L, 2L, 3L), voters(cluster, 1));
                cluster.stop(1);
                assertEquals("1", jedis.get("a"), "nodes 1 and 3 are a majority");
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void membersAreAddedAndRemovedAndTheLeaderToo() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            assertEquals(0, type(cluster, "group", "transfer", "1", "--to", "2"));
            assertEquals(0, type(cluster, "group", "members", "1", "--remove", "2"));
            assertEquals(List.of(1L, 3L), voters(cluster, 1));
            assertEquals(0, type(cluster, "group", "members", "1", "--add", "2"));
            assertEquals(List.of(1L, 3L, 2L), voters(cluster, 1), "it has a new replica id");
            assertEquals(1, type(cluster, "group", "members", "1", "--add", "7"));
            assertTrue(error.toString().contains("knows no node 7"));
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(1).respPort())) {
                assertEquals("OK", jedis.set("a", "1"));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }
}
