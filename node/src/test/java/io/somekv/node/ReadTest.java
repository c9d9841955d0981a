package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads see what was acknowledged, keys end on time, and no read waits for ever. */
class ReadTest {
    private static final Bytes KEY = Bytes.utf8("k");

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(4, 1);
        cluster.run(500);
        return cluster;
    }

    private static void putFor(LaneCluster cluster, long millis) {
        Command.Expiry expiry = new Command.Expiry(Command.Expiry.Kind.AFTER, millis);
        Command put =
                new Command.Put(KEY, Bytes.utf8("v"), Command.Condition.ALWAYS, expiry, false);
        assertEquals(new Outcome.Ok(), cluster.ask(1, put));
    }

    @Test
    @Tag("kb-51")
    void aKeyEndsInAnIdleGroupAndNoLaterLeaderBringsItBack() {
        LaneCluster cluster = started();
        putFor(cluster, 2_000);
        Outcome left = cluster.ask(2, new Command.TimeToLive(KEY));
        assertTrue(assertInstanceOf(Outcome.Int.class, left).value() > 1_900);
        cluster.run(200);
        left = cluster.ask(3, new Command.TimeToLive(KEY));
        assertTrue(assertInstanceOf(Outcome.Int.class, left).value() < 1_100);
        assertEquals(new Outcome.Value(Bytes.utf8("v")), cluster.ask(1, new Command.Get(KEY)));
        cluster.run(300);
        assertEquals(new Outcome.Nil(), cluster.ask(1, new Command.Get(KEY)));
        long leader = cluster.leaderOf(1);
        cluster.crash(leader);
        long node = leader % 3 + 1;
        assertEquals(new Outcome.Nil(), cluster.ask(node, new Command.Get(KEY)));
        assertEquals(new Outcome.Int(-2), cluster.ask(node, new Command.TimeToLive(KEY)));
    }

    /**
     * A read waits for its time-only entry when the leader is cut off: that entry may never be
     * committed, and whoever waits at a leader that was must not wait for one that will be.
     */
    @Test
    @Tag("kb-51")
    void aReadThatWaitsForTimeIsAnsweredThoughItsLeaderIsLost() {
        LaneCluster cluster = started();
        putFor(cluster, 60_000);
        long leader = cluster.leaderOf(1);
        long other = leader % 3 + 1;
        for (long node = 1; node <= 3; node++) {
            if (node != leader) {
                cluster.stallDisk(node);
            }
        }
        long token = cluster.begin(other, new Command.TimeToLive(KEY));
        cluster.run(3);
        assertFalse(cluster.lane(leader, 1).isIdle(1));
        cluster.cutOff(leader);
        cluster.run(500);
        assertTrue(cluster.lane(leader, 1).isIdle(1));
        for (long node = 1; node <= 3; node++) {
            cluster.freeDisk(node);
        }
        cluster.heal();
        assertInstanceOf(Outcome.Int.class, cluster.await(token));
        assertTrue(cluster.comesToRest());
    }

    /** A leader that does not know that it was replaced must not answer from what it has. */
    @Test
    @Tag("lab:MIT-2015.pbservice.TestPartition1")
    @Tag("lab:MIT-2015.pbservice.TestPartition2")
    @Tag("lab:DSLabs.lab2.PartitionOldPrimary")
    void aCutOffLeaderAnswersNoRead() {
        LaneCluster cluster = started();
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(KEY, Bytes.utf8("old"))));
        long leader = cluster.leaderOf(1);
        for (long node = 1; node <= 3; node++) {
            cluster.cut(node, leader);
        }
        long token = cluster.begin(leader, new Command.Get(KEY));
        cluster.run(600);
        long next = cluster.leaderOf(1);
        assertEquals(new Outcome.Ok(), cluster.ask(next, Command.Put.of(KEY, Bytes.utf8("new"))));
        cluster.heal();
        assertEquals(new Outcome.Value(Bytes.utf8("new")), cluster.await(token));
        assertTrue(cluster.comesToRest());
    }
}
