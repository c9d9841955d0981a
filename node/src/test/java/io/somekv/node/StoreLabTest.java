package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSpec;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the labs check of a store as a whole, where it takes nodes but no random faults. */
class StoreLabTest {
    private static final Bytes KEY = Bytes.utf8("k");

    /** Ten seconds: longer than any request is tried. */
    private static final int LONG_TICKS = 2_500;

    private static final int OPERATIONS = 1_000;

    /** After so many the logs are dropped. */
    private static final int ROUND = 50;

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, 1);
        cluster.run(500);
        return cluster;
    }

    private static Command append(String suffix) {
        return new Command.Append(KEY, Bytes.utf8(suffix));
    }

    /**
     * The lab allows a third of a heartbeat for an operation, so that none waits for one: 33 ms of
     * 100. Here a tick is 5 ms.
     */
    @Test
    @Tag("lab:MIT-2020.kvraft.TestSpeed3A")
    void operationsDoNotWaitForHeartbeats() {
        LaneCluster cluster = started();
        assertQuick(cluster, OPERATIONS);
        Outcome all = cluster.ask(2, new Command.Get(KEY));
        assertEquals(OPERATIONS, assertInstanceOf(Outcome.Value.class, all).value().size());
    }

    /** Neither while all nodes drop their logs again and again. */
    @Test
    @Tag("lab:MIT-2020.kvraft.TestSpeed3B")
    void norDoTheyWaitForLogsToBeDropped() {
        LaneCluster cluster = started();
        for (int i = 0; i < OPERATIONS / ROUND; i++) {
            assertQuick(cluster, ROUND);
            compactAll(cluster);
        }
        Outcome all = cluster.ask(2, new Command.Get(KEY));
        assertEquals(OPERATIONS, assertInstanceOf(Outcome.Value.class, all).value().size());
    }

    private static void assertQuick(LaneCluster cluster, int operations) {
        long before = cluster.now().nanos();
        for (int i = 0; i < operations; i++) {
            assertInstanceOf(Outcome.Int.class, cluster.ask(1, append("x")));
        }
        long each = (cluster.now().nanos() - before) / operations;
        assertTrue(each < 33_000_000, "nanoseconds each: " + each);
    }

    private static void compactAll(LaneCluster cluster) {
        for (long node = 1; node <= 3; node++) {
            cluster.compact(node);
        }
    }

    @Test
    @Tag("lab:MIT-2015.shardmaster.TestFreshQuery")
    void aNodeThatWasAwayTellsTheLatestConfig() {
        LaneCluster cluster = started();
        cluster.cutOff(3);
        cluster.createGroup(2, 2);
        GroupSpec second = new GroupSpec(2, cluster.spec(1).replicas().subList(0, 2));
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(second))));
        cluster.heal();
        Outcome latest = cluster.ask(3, new Command.QueryConfig(-1));
        assertEquals(2, assertInstanceOf(Outcome.Cluster.class, latest).map().config().number());
    }

    /** Nobody goes on without what the last who served had: neither the stale nor the blank. */
    @Test
    @Tag("lab:DSLabs.lab2.KillLastServer")
    @Tag("lab:MIT-2015.pbservice.TestBasicFail")
    void whatTheLastServersKnewIsWaitedFor() {
        LaneCluster cluster = started();
        cluster.crash(3);
        cluster.run(500);
        assertEquals(new Outcome.Int(1), cluster.ask(1, append("x")));
        cluster.crash(1);
        cluster.crash(2);
        cluster.disk(2).wipe();
        cluster.restart(2);
        cluster.restart(3);
        cluster.run(LONG_TICKS);
        assertServesNothing(cluster, 2);
        assertServesNothing(cluster, 3);
        cluster.restart(1);
        cluster.run(500);
        assertEquals(new Outcome.Value(Bytes.utf8("x")), cluster.ask(3, new Command.Get(KEY)));
        assertEquals(new Outcome.Int(2), cluster.ask(1, append("y")));
    }

    /** Nobody may take it that what two of three have lost was never there. */
    @Test
    @Tag("lab:somekv.require.MajorityDiskLossNeverContinues")
    void aMajorityThatLostItsDisksServesNothing() {
        LaneCluster cluster = started();
        cluster.ask(1, append("x"));
        cluster.crash(2);
        cluster.crash(3);
        cluster.disk(2).wipe();
        cluster.disk(3).wipe();
        cluster.restart(2);
        cluster.restart(3);
        cluster.run(LONG_TICKS);
        for (long node = 1; node <= 3; node++) {
            assertServesNothing(cluster, node);
        }
    }

    private static void assertServesNothing(LaneCluster cluster, long node) {
        long read = cluster.begin(node, new Command.Get(KEY));
        long write = cluster.begin(node, append("y"));
        cluster.run(LONG_TICKS);
        assertFalse(cluster.isAnswered(read) && isValue(cluster.await(read)), "node " + node);
        assertFalse(cluster.isAnswered(write) && isDone(cluster.await(write)), "node " + node);
    }

    private static boolean isValue(Outcome outcome) {
        return outcome instanceof Outcome.Value || outcome instanceof Outcome.Nil;
    }

    private static boolean isDone(Outcome outcome) {
        return outcome instanceof Outcome.Int;
    }
}
