package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.MembershipChange;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node that knows of no member of the shard master's group finds it all the same. */
class FoundAgainTest {
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
}
