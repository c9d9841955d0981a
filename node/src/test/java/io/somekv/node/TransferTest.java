package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import org.junit.jupiter.api.Test;

/** Leadership goes to another node by a wish, not by an election timeout (thesis §3.10). */
class TransferTest {
    private static final long GROUP = 1;

    /** A tenth of an election timeout: nobody becomes leader so soon for want of one. */
    private static final int SOON_TICKS = 20;

    private static final Command PUT = Command.Put.of(Bytes.utf8("k"), Bytes.utf8("v"));

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, 1);
        cluster.run(500);
        return cluster;
    }

    @Test
    void theNodeThatIsNamedLeads() {
        LaneCluster cluster = started();
        long before = cluster.leaderOf(GROUP);
        for (long node = 1; node <= 3; node++) {
            long leader = cluster.leaderOf(GROUP);
            assertEquals(new Outcome.Ok(), cluster.transfer(leader, GROUP, node));
            cluster.run(SOON_TICKS);
            assertEquals(node, cluster.leaderOf(GROUP));
            assertEquals(new Outcome.Ok(), cluster.ask(before, PUT));
        }
    }

    @Test
    void whatCannotBeIsRefusedWithTheReason() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(GROUP);
        long follower = 1 + leader % 3;
        assertEquals(new Outcome.NotLeader(leader), cluster.transfer(follower, GROUP, follower));
        assertInstanceOf(Outcome.NotLeader.class, cluster.transfer(leader, 9, follower));
        assertEquals(
                new Outcome.Invalid("node 7 has no replica of group 1 that votes"),
                cluster.transfer(leader, GROUP, 7));
        cluster.run(SOON_TICKS);
        assertEquals(leader, cluster.leaderOf(GROUP));
    }

    /** The group would stand still for an election timeout, for nothing. */
    @Test
    void whoHasNotAnsweredForAnElectionTimeoutIsNotToLead() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(GROUP);
        long silent = 1 + leader % 3;
        cluster.cut(leader, silent);
        // One that lacks something: else the group might be quiet, and nobody expected to answer.
        assertEquals(new Outcome.Ok(), cluster.ask(leader, PUT));
        cluster.run(11 * SOON_TICKS);
        assertEquals(
                new Outcome.Invalid(
                        "the replica of group 1 on node " + silent + " does not answer"),
                cluster.transfer(leader, GROUP, silent));
        assertFalse(cluster.lane(leader, GROUP).isLeaving());
        assertEquals(leader, cluster.leaderOf(GROUP));
    }

    /** What waits at a node that leaves is not lost, and not told a failure. */
    @Test
    void aNodeThatLeavesHandsOverAllItLeads() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(GROUP);
        long asked = cluster.begin(1 + leader % 3, PUT);
        cluster.leave(leader);
        cluster.run(SOON_TICKS);
        for (long group = 0; group <= GROUP; group++) {
            assertNotEquals(0, cluster.leaderOf(group));
            assertNotEquals(leader, cluster.leaderOf(group));
            assertFalse(cluster.lane(leader, group).isLeaving());
        }
        assertEquals(new Outcome.Ok(), cluster.await(asked));
    }

    /** It would only stand still: nobody is there to take over. */
    @Test
    void aNodeWithoutCompanyJustStops() {
        LaneCluster cluster = new LaneCluster(1);
        cluster.start(16, 1);
        cluster.leave(1);
        assertFalse(cluster.lane(1, GROUP).isLeaving());
        assertEquals(new Outcome.Ok(), cluster.ask(1, PUT));
    }

    /** The wish reaches nobody: the leader leads on after an election timeout (KB-13). */
    @Test
    void aTransferThatFailsIsOver() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(GROUP);
        long successor = 1 + leader % 3;
        cluster.cut(leader, successor);
        assertEquals(new Outcome.Ok(), cluster.transfer(leader, GROUP, successor));
        assertTrue(cluster.lane(leader, GROUP).isLeaving());
        assertEquals(new Outcome.Ok(), cluster.ask(leader, PUT));
        assertFalse(cluster.lane(leader, GROUP).isLeaving());
        assertEquals(leader, cluster.leaderOf(GROUP));
    }
}
