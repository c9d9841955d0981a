package io.somekv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.resp.ClusterFacts.Group;
import io.somekv.protocol.resp.ClusterFacts.Node;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The CLUSTER family in the shapes of Redis 7.2, and what is refused at the cluster door. */
class ClusterCommandsTest {
    private static final String ID_1 = "0000000000000000000000000000001100000001";
    private static final String ID_2 = "0000000000000000000000000000001200000002";
    private static final Node ONE = new Node(1, new UUID(0, 0x11), "10.0.0.1", 6479, 7400, true);
    private static final Node TWO = new Node(2, new UUID(0, 0x12), "10.0.0.2", 6480, 7401, true);
    private static final Node LOST = new Node(3, new UUID(0, 0x13), "n3", 6481, 7402, false);

    /** Node 1 leads groups 1 and 3, node 2 group 2; four shards, of which group 1 has two. */
    private static final ClusterFacts FACTS =
            new ClusterFacts(
                    5,
                    TWO,
                    List.of(ONE, TWO, LOST),
                    List.of(
                            new Group(1, ONE, List.of(TWO)),
                            new Group(2, TWO, List.of()),
                            new Group(3, ONE, List.of(TWO))),
                    List.of(1L, 1L, 3L, 2L));

    private final RespCommands commands = new RespCommands();
    private final RespConnection plain = new RespConnection(1, true, false);
    private final RespConnection aware = new RespConnection(2, true, true);

    private RespAction action(RespConnection connection, String line) {
        List<Bytes> words = new ArrayList<>();
        for (String word : line.split(" ", -1)) {
            words.add(Bytes.utf8(word));
        }
        return commands.interpret(words, connection, 4);
    }

    private RespReply reply(String line) {
        return reply(line, FACTS);
    }

    /** Facts that know of nothing but the cluster. */
    private RespReply reply(String line, ClusterFacts cluster) {
        NodeFacts facts =
                (NodeFacts)
                        Proxy.newProxyInstance(
                                NodeFacts.class.getClassLoader(),
                                new Class<?>[] {NodeFacts.class},
                                (proxy, method, arguments) -> {
                                    assertEquals("cluster", method.getName());
                                    return cluster;
                                });
        RespAction action = action(plain, line);
        return action instanceof RespAction.AskNode ask
                ? ask.answer().apply(facts)
                : assertInstanceOf(RespAction.Reply.class, action).reply();
    }

    private String bytes(String line, int protocol) {
        ByteWriter out = new ByteWriter();
        RespWriter.write(out, reply(line), protocol);
        return out.toBytes().toUtf8().replace("\r\n", " ");
    }

    private String text(String line) {
        return assertInstanceOf(RespReply.Verbatim.class, reply(line)).text();
    }

    private static String error(RespAction action) {
        RespReply reply = assertInstanceOf(RespAction.Reply.class, action).reply();
        return assertInstanceOf(RespReply.Failure.class, reply).text();
    }

    @Test
    void slotsListsRunsWithTheLeaderFirst() {
        String one = "$8 10.0.0.1 :6479 $40 " + ID_1;
        String two = "$8 10.0.0.2 :6480 $40 " + ID_2;
        assertEquals(
                "*3 "
                        + ("*4 :0 :8191 *4 " + one + " *0 *4 " + two + " *0 ")
                        + ("*4 :8192 :12287 *4 " + one + " *0 *4 " + two + " *0 ")
                        + ("*3 :12288 :16383 *4 " + two + " *0 "),
                bytes("CLUSTER SLOTS", 2));
        assertTrue(bytes("CLUSTER SLOTS", 3).startsWith("*3 *4 :0 :8191 *4 " + one + " %0 *4"));
    }

    @Test
    void shardsAreMapsOfSlotsAndNodes() {
        String one =
                "$2 id $40 "
                        + ID_1
                        + " $4 port :6479 $2 ip $8 10.0.0.1 $8 endpoint $8 10.0.0.1 $4 role"
                        + " $6 master $18 replication-offset :0 $6 health $6 online ";
        String two =
                "$2 id $40 "
                        + ID_2
                        + " $4 port :6480 $2 ip $8 10.0.0.2 $8 endpoint $8 10.0.0.2 $4 role"
                        + " $7 replica $18 replication-offset :0 $6 health $6 online ";
        assertTrue(
                bytes("CLUSTER SHARDS", 2)
                        .startsWith(
                                "*3 *4 $5 slots *2 :0 :8191 $5 nodes *2 *14 " + one + "*14 " + two),
                () -> bytes("CLUSTER SHARDS", 2));
        assertTrue(
                bytes("CLUSTER SHARDS", 3)
                        .startsWith("*3 %2 $5 slots *2 :0 :8191 $5 nodes *2 %7 " + one + "%7 "));
    }

    @Test
    void nodesHasALineForEachNodeAndOneForEachPairOfLeaderAndFollower() {
        String follower = TWO.idAsFollowerOf(ONE);
        assertEquals(
                (ID_1 + " 10.0.0.1:6479@7400 master - 0 0 5 connected 0-12287\n")
                        + (ID_2 + " 10.0.0.2:6480@7401 myself,master - 0 0 5 connected")
                        + " 12288-16383\n"
                        + (LOST.id() + " n3:6481@7402 master,fail? - 0 0 5 disconnected\n")
                        + (follower + " 10.0.0.2:6480@7401 slave " + ID_1 + " 0 0 5 connected\n"),
                text("CLUSTER NODES"));
        assertEquals(40, follower.length());
        assertFalse(follower.equals(ID_2));
        assertEquals(follower, TWO.idAsFollowerOf(ONE));
        assertEquals(
                RespReply.bulks(
                        List.of(
                                follower
                                        + " 10.0.0.2:6480@7401 slave "
                                        + ID_1
                                        + " 0 0 5 connected")),
                reply("CLUSTER REPLICAS " + ID_1));
        assertEquals(RespReply.EMPTY, reply("CLUSTER REPLICAS " + ID_2));
        assertEquals(RespReply.error("ERR Unknown node x"), reply("CLUSTER REPLICAS x"));
    }

    @Test
    void infoSaysWhetherAllSlotsAreServed() {
        String info = text("CLUSTER INFO");
        for (String line :
                List.of(
                        "cluster_state:ok",
                        "cluster_slots_assigned:16384",
                        "cluster_slots_ok:16384",
                        "cluster_known_nodes:3",
                        "cluster_size:2",
                        "cluster_current_epoch:5")) {
            assertTrue(info.contains(line + "\r\n"), info);
        }
        ClusterFacts half =
                new ClusterFacts(
                        1, ONE, List.of(ONE), List.of(FACTS.groups().get(0)), List.of(1L, 0L));
        String missing = ((RespReply.Verbatim) reply("CLUSTER INFO", half)).text();
        assertTrue(missing.startsWith("cluster_state:fail\r\ncluster_slots_assigned:8192\r\n"));
        ClusterFacts none = new ClusterFacts(0, ONE, List.of(ONE), List.of(), List.of());
        assertEquals(RespReply.EMPTY, reply("CLUSTER SLOTS", none));
    }

    @Test
    void whatChangesAClusterIsRefusedWithTheCommandThatDoes() {
        assertEquals(
                RespReply.error(
                        "ERR CLUSTER MEET changes nothing here; what it is for is done with"
                                + " 'somekv node join'"),
                reply("CLUSTER meet 127.0.0.1 7000"));
        for (String name : ClusterCommands.refused()) {
            assertTrue(error(action(plain, "CLUSTER " + name)).contains("'somekv "), name);
        }
        assertEquals(
                "ERR unknown subcommand 'FOO'. Try CLUSTER HELP.",
                error(action(plain, "CLUSTER FOO")));
        assertEquals(
                "ERR wrong number of arguments for 'cluster|slots' command",
                error(action(plain, "CLUSTER SLOTS 1")));
    }

    @Test
    void aSlotIsAskedOfItsShard() {
        assertEquals(new RespReply.Int(Slots.slotOf(Bytes.utf8("k"))), reply("CLUSTER KEYSLOT k"));
        assertEquals(RespReply.bulk(ID_2), reply("CLUSTER MYID"));
        RespAction.Ask count = (RespAction.Ask) action(plain, "CLUSTER COUNTKEYSINSLOT 5000");
        assertEquals(List.of(new RespAction.Part(1, new Command.CountSlot(5000))), count.parts());
        assertEquals(new RespReply.Int(3), count.merge().merge(List.of(new Outcome.Int(3))));
        RespAction.Ask keys = (RespAction.Ask) action(plain, "CLUSTER GETKEYSINSLOT 16383 2");
        assertEquals(
                List.of(new RespAction.Part(3, new Command.SlotKeys(16_383, 2))), keys.parts());
        Outcome found = new Outcome.Values(List.of(Optional.of(Bytes.utf8("k"))));
        assertEquals(RespReply.bulks(List.of("k")), keys.merge().merge(List.of(found)));
        assertEquals("ERR Invalid slot", error(action(plain, "CLUSTER COUNTKEYSINSLOT 16384")));
        assertEquals(
                "ERR Invalid slot or number of keys",
                error(action(plain, "CLUSTER GETKEYSINSLOT 1 -1")));
    }

    @Test
    void keysOfSeveralSlotsAreRefusedWhereTheClientKnowsOfTheCluster() {
        String refusal = "CROSSSLOT Keys in request don't hash to the same slot";
        for (String line : List.of("MGET a b", "MSET a 1 b 2", "DEL {a}1 {a}2 b", "EXISTS a b")) {
            assertEquals(refusal, error(action(aware, line)), line);
            assertInstanceOf(RespAction.Ask.class, action(plain, line));
        }
        for (String line : List.of("MGET {a}1 {a}2", "MSET {a}1 b {a}2 c", "DEL a", "SET a b")) {
            assertInstanceOf(RespAction.Ask.class, action(aware, line), line);
        }
    }

    @Test
    void askingHoldsForOneCommand() {
        action(aware, "GET a");
        assertFalse(aware.isAsking());
        assertEquals(RespReply.OK, ((RespAction.Reply) action(aware, "ASKING")).reply());
        action(aware, "GET a");
        assertTrue(aware.isAsking());
        action(aware, "GET a");
        assertFalse(aware.isAsking());
    }

    @Test
    void aRunOfSlotsBelongsToEachShard() {
        for (int count : new int[] {1, 3, 16, 256, 1000}) {
            for (int shard = 0; shard < count; shard++) {
                int first = Slots.firstOfShard(shard, count);
                int last = Slots.firstOfShard(shard + 1, count) - 1;
                assertEquals(shard, Slots.shardOfSlot(first, count));
                assertEquals(shard, Slots.shardOfSlot(last, count));
            }
            assertEquals(Slots.COUNT, Slots.firstOfShard(count, count));
        }
    }
}
