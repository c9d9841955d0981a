package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static Bytes key(int number) {
        return Bytes.utf8("key-" + number);
    }

    private static LaneCluster started(int groups) {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, groups);
        cluster.run(500);
        return cluster;
    }

    @Test
    @Tag("lab:MIT-2020.kvraft.TestBasic3A")
    @Tag("lab:MIT-2015.kvpaxos.TestBasic")
    @Tag("lab:DSLabs.lab2.Basic")
    void anyNodeServesAnyKey() {
        LaneCluster cluster = started(2);
        for (int i = 0; i < 50; i++) {
            Outcome put = cluster.ask(1 + i % 3, Command.Put.of(key(i), Bytes.utf8("v" + i)));
            assertEquals(new Outcome.Ok(), put);
        }
        for (int i = 0; i < 50; i++) {
            assertEquals(
                    new Outcome.Value(Bytes.utf8("v" + i)),
                    cluster.ask(1 + (i + 1) % 3, new Command.Get(key(i))));
        }
        assertEquals(new Outcome.Nil(), cluster.ask(1, new Command.Get(Bytes.utf8("none"))));
        assertEquals(
                new Outcome.Int(4), cluster.ask(2, new Command.Append(key(1), Bytes.utf8("xx"))));
        assertEquals(new Outcome.Int(1), cluster.ask(3, new Command.Delete(List.of(key(1)))));
        assertEquals(new Outcome.Nil(), cluster.ask(1, new Command.Get(key(1))));
    }

    @Test
    @Tag("lab:somekv.endtoend.EmptyStore")
    void withoutGroupsAKeyIsServedByNobody() {
        LaneCluster cluster = started(0);
        assertInstanceOf(
                Outcome.WrongGroup.class, cluster.ask(1, new Command.Get(Bytes.utf8("k"))));
    }

    @Test
    @Tag("lab:MIT-2015.shardmaster.TestBasic")
    @Tag("lab:somekv.require.QueryReflectsCompleted")
    void shardsMoveWithTheirDataWhenGroupsComeAndGo() {
        LaneCluster cluster = started(1);
        cluster.createGroup(2);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(2)))));
        cluster.run(200);
        for (int i = 0; i < 20; i++) {
            assertEquals(new Outcome.Ok(), cluster.ask(2, Command.Put.of(key(i), Bytes.utf8("v"))));
        }
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Leave(List.of(1L))));
        for (int i = 0; i < 20; i++) {
            assertEquals(
                    new Outcome.Value(Bytes.utf8("v")), cluster.ask(3, new Command.Get(key(i))));
        }
        cluster.run(2_000);
        for (int i = 0; i < 20; i++) {
            assertEquals(
                    new Outcome.Int(2),
                    cluster.ask(3, new Command.Append(key(i), Bytes.utf8("w"))));
        }
        for (GroupStatus group : cluster.lane(1, 1).status(cluster.now())) {
            assertEquals(List.of(), group.shards().outgoing());
        }
        for (GroupStatus group : cluster.lane(1, 2).status(cluster.now())) {
            assertEquals(List.of(), group.shards().incoming());
        }
    }

    @Test
    void aGroupThatCannotBeIsRefusedAndNothingStops() {
        LaneCluster cluster = started(1);
        assertInstanceOf(
                Outcome.Invalid.class, cluster.ask(1, new Command.Join(List.of(cluster.spec(0)))));
        assertInstanceOf(Outcome.Refused.class, cluster.ask(1, new Command.Move(1_000_000, 1)));
        assertInstanceOf(Outcome.Refused.class, cluster.ask(1, new Command.Leave(List.of(-7L))));
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(key(1), Bytes.utf8("v"))));
    }

    @Test
    void aJoinRightAfterAJoinWaitsForTheFirst() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, 1);
        cluster.createGroup(2);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(2)))));
    }

    @Test
    @Tag("lab:somekv.require.MinorityStopsNothing")
    void theOthersGoOnWithoutANodeAndItCatchesUp() {
        LaneCluster cluster = started(2);
        cluster.cutOff(1);
        for (int i = 0; i < 20; i++) {
            assertEquals(new Outcome.Ok(), cluster.ask(2, Command.Put.of(key(i), Bytes.utf8("v"))));
        }
        cluster.heal();
        cluster.run(1000);
        assertEquals(new Outcome.Value(Bytes.utf8("v")), cluster.ask(1, new Command.Get(key(3))));
        for (long group = 0; group <= 2; group++) {
            Optional<Long> digest = cluster.lane(1, group).digest(group);
            assertTrue(digest.isPresent());
            assertEquals(digest, cluster.lane(2, group).digest(group));
            assertEquals(digest, cluster.lane(3, group).digest(group));
        }
    }

    @Test
    @Tag("lab:MIT-2025.kvsrv1.TestUnreliableNet")
    @Tag("lab:somekv.endtoend.PartitionedCluster")
    void aWriteThatReachedACutOffLeaderIsUnknownAndNeverAFailure() {
        LaneCluster cluster = started(1);
        long leader = leaderOf(cluster);
        Command put = Command.Put.of(key(1), Bytes.utf8("v"));
        assertEquals(new Outcome.Ok(), cluster.ask(leader, put));
        cluster.cutOff(2);
        cluster.cutOff(3);
        cluster.cutOff(1);
        assertInstanceOf(
                Outcome.Unknown.class,
                cluster.ask(leader, Command.Put.of(key(1), Bytes.utf8("w"))));
    }

    @Test
    void whatWasHeldBeforeItCameIsHeldForSoMuchLess() {
        LaneCluster cluster = started(0);
        Request get = new Request(Optional.empty(), new Command.Get(key(1)));
        Wish fresh = Wish.of(Frame.ANY_GROUP, get, ReadMode.LEADER);
        Wish late = new Wish(Frame.ANY_GROUP, get, ReadMode.LEADER, false, 200_000_000);
        Wish tooLate = new Wish(Frame.ANY_GROUP, get, ReadMode.LEADER, false, 260_000_000);
        List<Long> tokens = Stream.of(fresh, late, tooLate).map(w -> cluster.begin(1, w)).toList();
        List<Integer> ticks = new ArrayList<>(List.of(0, 0, 0));
        for (int tick = 0; tick < 60; tick++) {
            cluster.run(1);
            for (int i = 0; i < 3; i++) {
                ticks.set(i, ticks.get(i) + (cluster.isAnswered(tokens.get(i)) ? 0 : 1));
            }
        }
        assertEquals(0, ticks.get(2));
        assertTrue(ticks.get(1) >= 10 && ticks.get(1) <= 13, ticks::toString);
        assertTrue(ticks.get(0) >= 50 && ticks.get(0) <= 53, ticks::toString);
        tokens.forEach(t -> assertInstanceOf(Outcome.WrongGroup.class, cluster.await(t)));
    }

    /** A client that has the map finds the leader, and goes elsewhere itself. */
    @Test
    void whoKnowsTheWayHearsWhereItIsAndIsNotPassedOn() {
        LaneCluster cluster = started(2);
        long leader = leaderOf(cluster);
        Bytes key = keyOf(cluster, 1);
        for (long node = 1; node <= 3; node++) {
            Outcome expected = node == leader ? new Outcome.Nil() : new Outcome.NotLeader(leader);
            assertEquals(expected, askDirectly(cluster, node, 1, new Command.Get(key)));
        }
        assertInstanceOf(
                Outcome.WrongGroup.class,
                askDirectly(cluster, leader, 1, new Command.Get(keyOf(cluster, 2))));
        assertEquals(
                new Outcome.NotLeader(0), askDirectly(cluster, leader, 9, new Command.Get(key)));
        assertInstanceOf(
                Outcome.Invalid.class,
                askDirectly(cluster, leader, Frame.ANY_GROUP, new Command.Get(key)));
        assertInstanceOf(
                Outcome.Invalid.class,
                askDirectly(
                        cluster, leader, 1, new Command.GetMany(List.of(key, keyOf(cluster, 2)))));
    }

    private static Bytes keyOf(LaneCluster cluster, long group) {
        ShardConfig config = cluster.map(1).orElseThrow().config();
        int number = 0;
        while (config.owner(Slots.shardOf(key(number), config.shardCount())) != group) {
            number++;
        }
        return key(number);
    }

    private static Outcome askDirectly(
            LaneCluster cluster, long node, long group, Command.Read read) {
        Request request = new Request(Optional.empty(), read);
        return cluster.await(
                cluster.begin(node, new Wish(group, request, ReadMode.LEADER, true, 0)));
    }

    private static long leaderOf(LaneCluster cluster) {
        return cluster.lane(1, 1).status(cluster.now()).getFirst().leaderNode();
    }
}
