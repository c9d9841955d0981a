package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.MembershipChange;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Groups that are no more where nodes last knew them are found all the same. */
class FoundAgainTest {
    private static final int KEYS = 32;

    private static void replace(LaneCluster cluster, long group, long replicaId, long byNode) {
        MembershipChange change =
                new MembershipChange.Add(byNode, LaneCluster.storeOf(byNode), replicaId);
        assertEquals(new Outcome.Ok(), cluster.change(cluster.leaderOf(group), group, change));
        cluster.run(600);
    }

    /** No replica is left where the map says, and nobody who was there knows where they went. */
    @Test
    void theOnlyReplicasOfTheMasterAndOfAGroupMove() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.createGroup(0, 1);
        cluster.createGroup(1, 1);
        cluster.startOn(1, 16);
        cluster.learn(2);
        cluster.learn(3);
        cluster.run(600);
        replace(cluster, 0, 1, 2);
        replace(cluster, 1, 1, 3);
        for (long node : List.of(1L, 2L, 3L)) {
            Outcome map = cluster.ask(node, new Command.QueryConfig(-1));
            assertInstanceOf(Outcome.Cluster.class, map, "node " + node);
            assertEquals(
                    new Outcome.Nil(), cluster.ask(node, new Command.Get(Bytes.utf8("k" + node))));
        }
    }

    /** Its copy is gone, and it has no replica of the master's group. */
    @Test
    void aNodeThatHasLostItsMapGetsOne() {
        LaneCluster cluster = new LaneCluster(4);
        cluster.createGroup(0, 3);
        cluster.createGroup(1, 3);
        cluster.startOn(3, 16);
        cluster.crash(4);
        cluster.restart(4);
        assertTrue(cluster.map(4).isEmpty());
        cluster.run(600);
        assertTrue(cluster.map(4).isPresent());
        assertEquals(new Outcome.Nil(), cluster.ask(4, new Command.Get(Bytes.utf8("k"))));
    }

    /** It has left, still has its shards, and the config that named it has it where it was. */
    @Test
    void aGroupThatMovesAfterItHasLeftGivesItsShards() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.createGroup(0);
        cluster.createGroup(1);
        cluster.startOn(3, 16);
        cluster.createGroup(2, 1);
        GroupSpec second = new GroupSpec(2, List.of(new GroupSpec.Replica(1, 1)));
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(second))));
        cluster.run(1_000);
        for (int i = 0; i < KEYS; i++) {
            Bytes key = Bytes.utf8("k" + i);
            assertEquals(new Outcome.Ok(), cluster.ask(2, Command.Put.of(key, key)));
        }
        cluster.silence(1);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Leave(List.of(2L))));
        cluster.run(400);
        replace(cluster, 2, 1, 3);
        cluster.heal();
        cluster.run(2_000);
        for (int i = 0; i < KEYS; i++) {
            Bytes key = Bytes.utf8("k" + i);
            assertEquals(new Outcome.Value(key), cluster.ask(2, new Command.Get(key)));
        }
    }

    /** All that it knows have been replaced while it was away, one after the other. */
    @Test
    void aReplicaThatKnowsOfNobodyWhoIsLeftFindsOutThatItIsNoMember() {
        LaneCluster cluster = new LaneCluster(6);
        cluster.createGroup(0, 6);
        cluster.createGroup(1, 3);
        cluster.startOn(3, 16);
        cluster.run(600);
        cluster.cutOff(1);
        cluster.run(600);
        replace(cluster, 1, 1, 4);
        replace(cluster, 1, 2, 5);
        replace(cluster, 1, 3, 6);
        cluster.heal();
        assertTrue(cluster.disk(1).knows(1));
        cluster.run(1_000);
        assertFalse(cluster.disk(1).knows(1));
        assertEquals(new Outcome.Nil(), cluster.ask(1, new Command.Get(Bytes.utf8("k"))));
    }

    /** A group that no config has, so that no map says where it is; its only voter is replaced. */
    @Test
    void aReplicaThatWasOnlyToVoteFindsOutThatItIsNoMember() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, 1);
        cluster.createGroup(2, 1);
        cluster.run(600);
        cluster.cutOff(2);
        add(cluster, 2, 1);
        add(cluster, 3, 0);
        for (int tick = 0; tick < 600 && !cluster.disk(3).knows(2); tick++) {
            cluster.run(1);
        }
        assertTrue(cluster.disk(3).knows(2));
        cluster.cutOff(3);
        assertEquals(new Outcome.Ok(), cluster.change(1, 2, new MembershipChange.Remove(3)));
        cluster.heal();
        cluster.cutOff(3);
        cluster.run(1_000);
        assertEquals(2, cluster.leaderOf(2));
        assertFalse(cluster.disk(1).knows(2));
        cluster.heal();
        cluster.run(2_000);
        assertFalse(cluster.disk(3).knows(2));
    }

    private static void add(LaneCluster cluster, long node, long replaces) {
        MembershipChange change =
                new MembershipChange.Add(node, LaneCluster.storeOf(node), replaces);
        assertEquals(new Outcome.Ok(), cluster.change(1, 2, change));
    }
}
