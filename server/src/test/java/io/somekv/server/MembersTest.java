package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.raft.MembershipChange;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.grpc.ControlChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** {@code somekv node ...} and {@code somekv group members} as typed, on real nodes. */
final class MembersTest {
    @TempDir private Path folder;

    /** Typed with node 1 as the one to ask. */
    private static Typed type(TestCluster cluster, String... words) {
        return Typed.at(cluster.info(0), words);
    }

    private static void done(TestCluster cluster, String... words) {
        Typed typed = type(cluster, words);
        assertEquals(0, typed.code(), typed.error());
    }

    /** Added, and dead before it has the log: it stays a learner. */
    private static NodeInfo deadLearner(TestCluster cluster, long group, long replaces)
            throws Exception {
        String address = cluster.startOneMore(4);
        NodeInfo node;
        try (ControlChannel control = cluster.control(0)) {
            node = control.addNode(address);
        }
        cluster.stop(3);
        for (int leader = 0; leader < 3; leader++) {
            try (ControlChannel control = cluster.control(leader)) {
                control.changeMembers(
                        group, new MembershipChange.Add(node.nodeId(), node.storeId(), replaces));
                return node;
            } catch (ControlException notTheLeader) {
                assertTrue(leader < 2, notTheLeader.getMessage());
            }
        }
        throw new AssertionError("no leader");
    }

    /** A command that waits for a node which does not answer, until that is started again. */
    private static void goesOn(TestCluster cluster, NodeInfo node, String... words)
            throws Exception {
        Typed.Running running = Typed.begin(Typed.asking(cluster.info(0), words));
        String waits = "node " + node.nodeId() + " does not answer";
        while (!running.out().toString().contains(waits)) {
            assertTrue(!running.end().isDone(), "ends without it");
            Thread.onSpinWait();
        }
        cluster.startAgain(node);
        assertEquals(0, running.end().get().code(), running.end().get().error());
    }

    private static void refused(String why, TestCluster cluster, String... words) {
        Typed typed = type(cluster, words);
        assertEquals(1, typed.code(), typed.out());
        assertTrue(typed.error().contains(why), typed.error());
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
                done(cluster, "node", "replace", "3", newcomer);
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
            refused("nothing was changed", cluster, "node", "drain", "3");
            refused("node 3 has a replica of group", cluster, "node", "remove", "3");
            String newcomer = cluster.startOneMore(9);
            done(cluster, "node", "join", newcomer);
            done(cluster, "node", "drain", "3");
            assertEquals(List.of(1L, 2L, 9L), voters(cluster, 1));
            done(cluster, "node", "remove", "3");
            assertTrue(type(cluster, "group", "members", "1").out().contains("voter"));
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
                NodeInfo lost = cluster.info(2);
                cluster.stop(2);
                cluster.startBlank(lost);
                String again = lost.host() + ":" + lost.grpcPort();
                thatItIsOnAnotherDiskIsSaid(cluster, again);
                done(cluster, "node", "join", again);
                thatItIsOnAnotherDiskIsSaid(cluster, again);
                done(cluster, "node", "replace", "3", again);
                String status = type(cluster, "cluster", "status").out();
                assertTrue(Pattern.compile("(?m)^3 .* up$").matcher(status).find(), status);
                assertFalse(status.contains("disk"), status);
                assertEquals(List.of(1L, 2L, 3L), voters(cluster, 1));
                cluster.stop(1);
                assertEquals("1", jedis.get("a"), "nodes 1 and 3 are a majority");
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    private static void thatItIsOnAnotherDiskIsSaid(TestCluster cluster, String at) {
        String otherDisk = "on another (empty) disk: somekv node replace 3 " + at;
        shows("up, " + otherDisk, cluster, "cluster", "status");
        shows("\"on_another_disk\":true", cluster, "cluster", "status", "--json");
        shows("voter   on another disk", cluster, "group", "members", "1");
        shows("node 3 runs " + otherDisk, cluster, "group", "members", "1");
        refused(otherDisk, cluster, "group", "members", "1", "--add", "3");
    }

    private static void shows(String what, TestCluster cluster, String... words) {
        String out = type(cluster, words).out();
        assertTrue(out.contains(what), out);
    }

    @Test
    void aWrongIdIsNotReplaced() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            String newcomer = cluster.startOneMore(4);
            refused("knows no node 99", cluster, "node", "replace", "99", newcomer);
            refused("knows no node 4", cluster, "node", "remove", "4");
            done(cluster, "node", "replace", "3", newcomer);
            refused("knows no node 3 (any more)", cluster, "node", "replace", "3", newcomer);
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** It is removed first, and who comes takes the place that it was to take. */
    @Test
    void aNodeThatDiedAsALearnerIsReplaced() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            deadLearner(cluster, 1, 3);
            String newcomer = cluster.startOneMore(5);
            done(cluster, "node", "replace", "4", newcomer);
            assertEquals(List.of(1L, 2L, 5L), voters(cluster, 1));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void aNodeThatDiedAsALearnerIsDrained() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            deadLearner(cluster, 1, 0);
            done(cluster, "node", "join", cluster.startOneMore(5));
            done(cluster, "node", "drain", "4");
            assertEquals(List.of(1L, 2L, 3L, 5L), voters(cluster, 1));
            done(cluster, "node", "remove", "4");
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** One would go and nobody come: each group would have a voter less. */
    @Test
    void aNodeThatIsAMemberTakesNoOthersPlace() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            refused("replica of group [0, 1] already", cluster, "node", "replace", "2", "3");
            refused(
                    "say --remove 2 alone",
                    cluster,
                    "group",
                    "members",
                    "1",
                    "--add",
                    "3",
                    "--remove",
                    "2");
            assertEquals(List.of(1L, 2L, 3L), voters(cluster, 0));
            assertEquals(List.of(1L, 2L, 3L), voters(cluster, 1));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** Under way to the place of one, it takes that, and no other. */
    @Test
    void aReplacementThatWasInterruptedGoesOn() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            NodeInfo learner = deadLearner(cluster, 1, 3);
            refused("replica of group [1] already", cluster, "node", "replace", "2", "4");
            goesOn(cluster, learner, "node", "replace", "3", "4");
            assertEquals(List.of(1L, 2L, 4L), voters(cluster, 0));
            assertEquals(List.of(1L, 2L, 4L), voters(cluster, 1));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** Another node is free, and would be refused: the place is taken. */
    @Test
    void aDrainThatWasInterruptedGoesOn() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            NodeInfo learner = deadLearner(cluster, 1, 3);
            done(cluster, "node", "join", cluster.startOneMore(5));
            goesOn(cluster, learner, "node", "drain", "3");
            assertEquals(List.of(1L, 2L, 5L), voters(cluster, 0));
            assertEquals(List.of(1L, 2L, 4L), voters(cluster, 1));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** What is on it is not known: no node that answers has a replica of the group. */
    @Test
    void aNodeIsNotCalledEmptyWhereAGroupIsDown() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 0, 1)) {
            try (ControlChannel control = cluster.control(0)) {
                control.join(List.of(JoinOrder.newGroup(1, List.of(cluster.info(2)))), List.of());
            }
            cluster.stop(2);
            refused("not known: group 1 has no leader", cluster, "node", "drain", "3", "--shrink");
            assertEquals(List.of(1L, 2L), voters(cluster, 0));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    /** The shard master would: it knows of voters only. */
    @Test
    void aNodeThatIsALearnerIsNotForgotten() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            deadLearner(cluster, 1, 0);
            refused("group members 1 --remove 4", cluster, "node", "remove", "4");
            refused("no other node", cluster, "node", "drain", "4");
            done(cluster, "group", "members", "1", "--remove", "4");
            done(cluster, "node", "remove", "4");
            assertEquals(List.of(1L, 2L, 3L), voters(cluster, 1));
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void thatANodeWhichIsAddedDoesNotAnswerIsSaid() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            done(cluster, "node", "join", cluster.startOneMore(4));
            NodeInfo added = cluster.info(3);
            cluster.stop(3);
            Typed.Running adding =
                    Typed.begin(
                            Typed.asking(cluster.info(0), "group", "members", "1", "--add", "4"));
            while (!adding.out().toString().contains("node 4 does not answer")) {
                Thread.onSpinWait();
            }
            String shown = type(cluster, "group", "members", "1").out();
            assertTrue(shown.contains("no answer"), shown);
            cluster.startAgain(added);
            assertEquals(0, adding.end().get().code(), adding.end().get().error());
            assertEquals(List.of(), cluster.emergencies());
        }
    }

    @Test
    void membersAreAddedAndRemovedAndTheLeaderToo() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            done(cluster, "group", "transfer", "1", "--to", "2");
            Typed both = type(cluster, "group", "members", "1", "--add", "3", "--remove", "3");
            assertEquals(2, both.code(), both.toString());
            assertTrue(both.error().contains("name the same node 3"), both.error());
            String few = "group 1 survives no failure now";
            shows(few, cluster, "group", "members", "1", "--remove", "2");
            assertEquals(List.of(1L, 3L), voters(cluster, 1));
            done(cluster, "group", "members", "1", "--add", "2");
            assertEquals(List.of(1L, 3L, 2L), voters(cluster, 1), "it has a new replica id");
            refused("'somekv node join' adds", cluster, "group", "members", "1", "--add", "7");
            refused("no replica of group 1", cluster, "group", "members", "1", "--remove", "7");
            refused("knows no such group", cluster, "group", "members", "999");
            try (Jedis jedis = new Jedis("127.0.0.1", cluster.info(1).respPort())) {
                assertEquals("OK", jedis.set("a", "1"));
            }
            assertEquals(List.of(), cluster.emergencies());
        }
    }
}
