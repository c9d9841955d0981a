package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * A core that knows the map of the cluster: where it sends requests, and where they go when they
 * are not there. Three nodes, 1 to 3, at the endpoints 0 to 2; a group on all of them.
 */
class DirectSendTest {
    private static final GroupSpec GROUP = Maps.group(1, 2L, 1L, 3L);
    private static final Command.Put PUT = Command.Put.of(Maps.keyOf(0), Bytes.utf8("v"));
    private static final Command.Get GET = new Command.Get(Maps.keyOf(0));
    private static final long LOG_TIME = 1_000_000;

    private final ClientCore core =
            new ClientCore(
                    Maps.addresses(3),
                    new ClientSettings(60_000, 3_000, 1_000, 10, 100, 4, 100),
                    new SplittableRandom(1));

    /** Calls other than those for the map, in their order. */
    private final List<Sent> sent = new ArrayList<>();

    private final List<ClientEffect> others = new ArrayList<>();
    private ClusterMap map = Maps.of(3, GROUP);
    private int mapsAsked;
    private boolean isMasterSilent;
    private long now;

    private record Sent(int endpoint, Frame.Call call) {
        RequestStamp stamp() {
            return call.request().stamp().orElseThrow();
        }

        /** Endpoint and group, and whether it is for that node alone. */
        String way() {
            return endpoint + " " + call.groupId() + (call.isDirect() ? " direct" : "");
        }
    }

    DirectSendTest() {
        for (int i = 0; i < 3; i++) {
            connect(i, i + 1);
        }
    }

    private void connect(int endpoint, long nodeId) {
        core.onConnected(endpoint, now);
        hello(endpoint, nodeId);
    }

    private void hello(int endpoint, long nodeId) {
        hello(endpoint, nodeId, Maps.CLUSTER);
    }

    private void hello(int endpoint, long nodeId, UUID cluster) {
        core.onFrame(endpoint, new Frame.Hello(cluster, nodeId, new UUID(0, 2), 1, 1), now);
    }

    /** From then on the core has an id and a map. */
    private void begin() {
        core.request(0, PUT, now);
        reply(next(), new Outcome.Registered(new ClientId(3, 4)));
        Sent first = next();
        assertEquals("0 -1", first.way(), "without a map any node is asked");
        reply(first, new Outcome.Ok());
        assertEquals(1, mapsAsked);
        others.clear();
    }

    @Test
    void aRequestGoesToWhoLeadsTheGroupThatServesItsKey() {
        begin();
        core.request(1, PUT, now);
        core.request(2, GET, now);
        assertEquals("1 1 direct", next().way());
        assertEquals("1 1 direct", next().way());
        assertEquals(1, mapsAsked, "nothing is wrong with the map");
    }

    @Test
    void aHintIsFollowedAtOnceUnderTheSameStampAndRemembered() {
        begin();
        core.request(1, PUT, now);
        Sent first = next();
        reply(first, new Outcome.NotLeader(3));
        Sent second = next();
        assertEquals("2 1 direct", second.way());
        assertEquals(first.stamp(), second.stamp());
        assertEquals(first.call().token(), second.call().token());
        reply(second, new Outcome.Ok());
        assertEquals(List.of(new ClientEffect.Completed(1, new Outcome.Ok())), others);
        core.request(2, GET, now);
        assertEquals("2 1 direct", next().way());
    }

    /** Each says of the other that it leads. */
    @Test
    void twoHintsAreNotFollowedInACircle() {
        begin();
        core.request(1, PUT, now);
        Sent first = next();
        reply(first, new Outcome.NotLeader(3));
        reply(next(), new Outcome.NotLeader(2));
        Sent third = next();
        assertEquals("0 -1", third.way());
        assertEquals(first.stamp(), third.stamp());
        runUntil(50_000);
        assertTrue(sent.size() > 10);
        sent.forEach(copy -> assertFalse(copy.call().isDirect()));
    }

    /** It leads, and does not count itself fit to. */
    @Test
    void aHintOfANodeAtItselfIsNotFollowed() {
        begin();
        core.request(1, GET, now);
        reply(next(), new Outcome.NotLeader(2));
        assertEquals("0 -1", next().way());
    }

    @Test
    void whoKnowsNoLeaderIsNoDetour() {
        begin();
        now = 1_000;
        core.request(1, PUT, now);
        Sent first = next();
        reply(first, new Outcome.NotLeader(0));
        Sent second = next();
        assertEquals("0 -1", second.way());
        assertEquals(first.stamp(), second.stamp());
        assertEquals(2, mapsAsked);
        core.request(2, GET, now);
        assertEquals("0 1 direct", next().way(), "the next replica");
    }

    @Test
    void aKeyOfAnotherGroupGoesToAnyNodeAndTheMapIsAskedForAgain() {
        begin();
        now = 1_000;
        map = Maps.of(3, Maps.group(2, 3L));
        core.request(1, PUT, now);
        reply(next(), new Outcome.WrongGroup(7));
        assertEquals("0 -1", next().way());
        assertEquals(2, mapsAsked);
        core.request(2, GET, now);
        assertEquals("2 2 direct", next().way());
    }

    /** While a shard moves each map is as stale as the one before. */
    @Test
    void theMapIsNotAskedForAllTheTimeNorTheWrongGroup() {
        begin();
        now = 1_000;
        isMasterSilent = true;
        core.request(1, GET, now);
        reply(next(), new Outcome.WrongGroup(7));
        next();
        for (int i = 2; i < 50; i++) {
            core.request(i, GET, now);
            assertEquals("0 -1", next().way());
        }
        assertEquals(2, mapsAsked);
    }

    @Test
    void aLostConnectionIsNoAnswerAndAnyNodeIsAsked() {
        begin();
        core.request(1, PUT, now);
        Sent first = next();
        core.onDisconnected(1, now);
        runUntilSend();
        Sent second = next();
        assertEquals("0 -1", second.way());
        assertEquals(first.stamp(), second.stamp());
        core.request(2, GET, now);
        assertEquals("0 -1", next().way(), "whoever leads by now, any node finds it");
    }

    /** The others may say for long that it leads: they hear it. */
    @Test
    void aSilentLeaderCostsOneRequestItsPatienceAndNotEachOfThem() {
        begin();
        core.request(1, GET, now);
        assertEquals("1 1 direct", next().way());
        runUntilSend();
        assertTrue(now >= 500 && now < 1_000, "half of what a node gets that passes it on");
        assertEquals("0 -1", next().way());
        core.request(2, GET, now);
        Sent toNext = next();
        assertEquals("0 1 direct", toNext.way());
        reply(toNext, new Outcome.NotLeader(2));
        assertEquals("0 -1", next().way(), "it is not sent there again");
        hello(1, 2);
        core.request(3, GET, now);
        assertEquals("1 1 direct", next().way(), "it was heard");
    }

    /** The one copy that might have been executed says that it was not. */
    @Test
    void aDiskThatIsNearlyFullEndsAWriteAtOnceAlsoBehindAHint() {
        begin();
        core.request(1, PUT, now);
        reply(next(), new Outcome.NotLeader(3));
        Outcome full = new Outcome.DiskNearlyFull(3, 5);
        reply(next(), full);
        assertEquals(List.of(new ClientEffect.Completed(1, full)), others);
        core.request(2, PUT, now);
        next();
        runUntilSend();
        reply(next(), full);
        assertEquals(1, others.size(), "the silent one may have executed it");
    }

    @Test
    void readsForAnyReplicaStayWithTheirNode() {
        begin();
        core.request(1, GET, ReadMode.LOCAL, now);
        core.request(2, GET, ReadMode.stale(500), now);
        assertEquals("0 -1", next().way());
        assertEquals("0 -1", next().way());
    }

    @Test
    void withoutAnAnswerForTheMapAllGoesToAnyNode() {
        isMasterSilent = true;
        core.request(1, GET, now);
        Sent first = next();
        reply(first, new Outcome.Nil());
        now = 10_000;
        core.onTime(now);
        core.request(2, GET, now);
        assertFalse(next().call().isDirect());
        assertTrue(mapsAsked >= 1);
    }

    @Test
    void aNodeThatTheMapNamesIsConnectedTo() {
        beginWithAFourthNode();
        core.request(1, GET, now);
        assertEquals("0 -1", next().way(), "it is not there yet");
        core.onConnected(3, now);
        take();
        ClientEffect.Send greeting = assertInstanceOf(ClientEffect.Send.class, others.get(0));
        Frame.Hello hello = assertInstanceOf(Frame.Hello.class, greeting.frame());
        assertEquals(Maps.CLUSTER, hello.clusterId(), "another cluster's node hangs up");
        hello(3, 4);
        core.request(2, GET, now);
        assertEquals("3 1 direct", next().way());
    }

    /** Something else may listen where the map has led to, or a node of another cluster. */
    @Test
    void itGetsNothingBeforeItHasSaidThatItIsOfTheCluster() {
        beginWithAFourthNode();
        for (int given = 0; given < 3; given++) {
            core.onDisconnected(given, now);
        }
        core.onConnected(3, now);
        core.request(1, GET, now);
        hello(3, 4, new UUID(1, 2));
        take();
        assertEquals(List.of(), sent);
        assertFalse(core.isReached(3));
        assertFalse(core.isAnyReached());
        hello(3, 4);
        assertTrue(core.isReached(3));
        assertEquals("3 1 direct", next().way());
    }

    @Test
    void aNodeThatTheMapDoesNotNameAnyMoreIsLetGo() {
        beginWithAFourthNode();
        connect(3, 4);
        core.request(1, GET, now);
        Sent atFourth = next();
        core.request(2, GET, now);
        map = Maps.of(3, GROUP);
        now = 1_000;
        reply(next(), new Outcome.WrongGroup(7));
        assertEquals("0 -1", next().way());
        assertTrue(others.contains(new ClientEffect.Close(3)), others::toString);
        hello(3, 4);
        core.onConnected(3, now);
        core.onDisconnected(3, now);
        runUntilSend();
        Sent again = next();
        assertEquals("0 -1", again.way());
        assertEquals(atFourth.call().token(), again.call().token(), "its answer is lost");
        core.request(3, GET, now);
        assertEquals("1 1 direct", next().way());
    }

    /** Which alone has the group. */
    private void beginWithAFourthNode() {
        List<NodeInfo> nodes = new ArrayList<>(map.nodes());
        nodes.add(Maps.node(4, "node4"));
        map = Maps.of(nodes, Maps.group(1, 4L));
        take();
        others.clear();
        core.request(0, GET, now);
        reply(next(), new Outcome.Nil());
        assertEquals(new ClientEffect.Open(3, new NodeAddress("node4", 1)), others.get(0));
        others.clear();
    }

    // ---- the cluster

    private void reply(Sent to, Outcome outcome) {
        Frame reply = new Frame.Reply(to.call().token(), outcome, LOG_TIME);
        core.onFrame(to.endpoint(), reply, now);
        take();
    }

    private Sent next() {
        take();
        return sent.remove(0);
    }

    private void runUntilSend() {
        take();
        while (sent.isEmpty()) {
            now = core.nextWakeUpMillis();
            core.onTime(now);
            take();
        }
    }

    private void runUntil(long end) {
        while (core.nextWakeUpMillis() <= end) {
            now = core.nextWakeUpMillis();
            core.onTime(now);
            take();
        }
    }

    private void take() {
        List<ClientEffect> effects = core.drain();
        while (!effects.isEmpty()) {
            for (ClientEffect effect : effects) {
                if (effect instanceof ClientEffect.Send send
                        && send.frame() instanceof Frame.Call call) {
                    onCall(new Sent(send.endpoint(), call));
                } else {
                    others.add(effect);
                }
            }
            effects = core.drain();
        }
    }

    private void onCall(Sent call) {
        if (!(call.call().request().command() instanceof Command.QueryConfig)) {
            sent.add(call);
            return;
        }
        assertEquals(GroupSpec.MASTER, call.call().groupId());
        mapsAsked++;
        if (!isMasterSilent) {
            Outcome answer = new Outcome.Cluster(map);
            core.onFrame(call.endpoint(), new Frame.Reply(call.call().token(), answer, 0), now);
        }
    }
}
