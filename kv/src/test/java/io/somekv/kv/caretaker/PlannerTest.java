package io.somekv.kv.caretaker;

import static io.somekv.protocol.caretaker.NodeUse.Kind.CLOSED;
import static io.somekv.protocol.caretaker.NodeUse.Kind.DRAINING;
import static io.somekv.protocol.caretaker.NodeUse.Kind.OPEN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.Decision;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One situation each, with what is decided and why; that it comes to rest is the model's test. */
class PlannerTest extends Situation {
    @Test
    void aDeadNodeIsReplacedWhereThereIsMostRoom() {
        fourNodes();
        node(5, "");
        silent(3, "", 301_000);
        group(1, 1, 1L, 2L, 3L);
        group(2, 4, 1L, 2L, 4L);
        assertEquals(
                List.of(
                        new Decision.ReplaceReplica(
                                1,
                                3,
                                5,
                                "node 3 has been silent for 5 min; node 5 has 0 replicas")),
                decide());
    }

    @Test
    void aZoneThatHasNoneComesFirst() {
        node(1, "a");
        node(2, "b");
        silent(3, "c", 400_000);
        node(4, "a");
        node(5, "c");
        group(1, 1, 1L, 2L, 3L);
        group(2, 2, 1L, 2L, 5L);
        assertEquals(
                new Decision.ReplaceReplica(
                        1,
                        3,
                        5,
                        "node 3 has been silent for 6 min; node 5 has 1 replicas and zone c none of"
                                + " this group"),
                decide().getFirst());
    }

    @Test
    void aNodeThatIsSilentForLessIsWaitedFor() {
        fourNodes();
        silent(3, "", 299_000);
        group(1, 1, 1L, 2L, 3L);
        assertEquals(List.of(), decide());
    }

    @Test
    void nobodyIsReplacedWhereHalfTheNodesAreSilent() {
        fourNodes();
        silent(3, "", LONG);
        silent(4, "", LONG);
        group(1, 1, 1L, 2L, 3L);
        assertEquals(List.of(), decide());
    }

    @Test
    void aGroupWithoutALeaderOrThatChangesIsLetBe() {
        fourNodes();
        node(5, "");
        silent(3, "", LONG);
        group(1, 0, 1L, 2L, 3L);
        group(2, 1, LONG, true, 1L, 2L, 3L);
        assertTrue(decide().stream().noneMatch(Decision.ReplaceReplica.class::isInstance));
    }

    @Test
    void aDrainingNodeGivesItsLeadershipsAndReplicas() {
        fourNodes();
        node(new ClusterView.Node(1, "", 0, LONG, DRAINING, true));
        group(1, 1, 0, false, 1L, 2L, 3L);
        group(2, 1, 0, false, 1L, 2L, 3L);
        settings = settings.withAtATime(1, 1);
        assertEquals(
                List.of(
                        new Decision.ReplaceReplica(
                                1, 1, 4, "node 1 is to be emptied; node 4 has 0 replicas"),
                        new Decision.HandOver(2, 1, 2, "node 1 is to be emptied")),
                decide());
    }

    @Test
    void aClosedNodeIsSomebodyElsesBusiness() {
        fourNodes();
        node(5, "");
        node(new ClusterView.Node(3, "", LONG, 0, CLOSED, true));
        node(new ClusterView.Node(4, "", 0, LONG, CLOSED, true));
        group(1, 1, 1L, 2L, 3L);
        group(2, 4, 1L, 2L, 4L);
        group(3, 4, 1L, 2L, 4L);
        group(4, 5, 1L, 2L, 5L);
        settings = settings.withDuties(List.of(Duty.REPLACE, Duty.LEAD));
        assertEquals(List.of(), decide());
    }

    /** Its last shards are as dear as others. */
    @Test
    void aGroupThatLeavesIsKeptAlive() {
        node(1, "a");
        node(2, "a");
        silent(3, "b", 400_000);
        node(4, "c");
        node(5, "c");
        settings = settings.withReplicaCount(3);
        leaving(1, 1, 1L, 2L, 3L);
        group(2, 4, 1L, 2L, 4L);
        assertEquals(
                List.of(
                        new Decision.ReplaceReplica(
                                1,
                                3,
                                5,
                                "node 3 has been silent for 6 min; node 5 has 0 replicas and zone c"
                                        + " none of this group")),
                decide());
    }

    @Test
    void aGroupThatLeavesIsLedWhereItIs() {
        fourNodes();
        leaving(1, 1, 1L, 2L, 3L);
        leaving(2, 1, 1L, 2L, 3L);
        leaving(3, 1, 1L, 2L, 3L);
        settings = settings.withDuties(List.of(Duty.LEAD));
        assertEquals(List.of(), decide());
    }

    @Test
    void aGroupThatLeavesGetsNoMoreReplicasNorShards() {
        fourNodes();
        settings = settings.withReplicaCount(2);
        leaving(1, 1, 1L);
        group(2, 3, 3L, 4L);
        for (int i = 0; i < 8; i++) {
            shard(2, 1_000);
        }
        assertEquals(List.of(), decide());
    }

    @Test
    void aNewNodeGetsItsShareOnceItHasBeenThereForAWhile() {
        fourNodes();
        group(1, 1, 1L, 2L, 3L);
        group(2, 2, 1L, 2L, 3L);
        node(new ClusterView.Node(4, "", 0, 1_000, OPEN, true));
        assertEquals(List.of(), decide());
        node(4, "");
        assertEquals(
                List.of(
                        new Decision.ReplaceReplica(
                                1, 3, 4, "node 3 has 2 replicas, node 4 has 0")),
                decide());
    }

    @Test
    void twoReplicasInOneZoneAreParted() {
        node(1, "a");
        node(2, "b");
        node(3, "b");
        node(4, "c");
        group(1, 1, 1L, 2L, 3L);
        assertEquals(
                List.of(
                        new Decision.ReplaceReplica(
                                1,
                                3,
                                4,
                                "its 3 replicas are in 2 zones only; node 4 has 0 replicas and zone"
                                        + " c none of this group")),
                decide());
    }

    @Test
    void leadersAreSpreadOverAChain() {
        for (long id = 1; id <= 3; id++) {
            node(id, "");
        }
        group(1, 1, 1L, 2L);
        group(2, 1, 1L, 2L);
        group(3, 2, 2L, 3L);
        settings = settings.withDuties(List.of(Duty.LEAD));
        String why = "node 1 leads 2 groups, node 3 leads 0";
        assertEquals(
                List.of(new Decision.HandOver(3, 2, 3, why), new Decision.HandOver(1, 1, 2, why)),
                decide());
    }

    @Test
    void aNewLeaderIsLetBe() {
        fourNodes();
        group(1, 1, 59_000, false, 1L, 2L, 3L);
        group(2, 1, 59_000, false, 1L, 2L, 3L);
        settings = settings.withDuties(List.of(Duty.LEAD));
        assertEquals(List.of(), decide());
    }

    @Test
    void aDiskThatIsNearlyFullLeadsNothingAndGetsNothing() {
        fourNodes();
        node(new ClusterView.Node(4, "", 0, LONG, OPEN, false));
        silent(3, "", LONG);
        group(1, 1, 1L, 2L, 3L);
        group(2, 4, 1L, 2L, 4L);
        assertEquals(
                List.of(new Decision.HandOver(2, 4, 2, "the disk of node 4 is nearly full")),
                decide());
    }

    @Test
    void shardsMoveForLoad() {
        fourNodes();
        group(1, 1, 1L, 2L, 3L);
        group(2, 2, 1L, 2L, 3L);
        for (int i = 0; i < 4; i++) {
            shard(1, 1_000);
            shard(2, 100);
        }
        settings = settings.withDuties(List.of(Duty.MOVE));
        String why = "group 1 bears 1.8 times the average of requests, group 2 bears 0.2";
        assertEquals(
                List.of(
                        new Decision.MoveShard(0, 1, 2, why),
                        new Decision.MoveShard(1, 2, 1, "in exchange for shard 0: " + why)),
                decide().subList(0, 2));
        assertEquals(4, decide().size());
    }

    @Test
    void requestsThatAreFewMoveNothing() {
        fourNodes();
        group(1, 1, 1L, 2L, 3L);
        group(2, 2, 1L, 2L, 3L);
        for (int i = 0; i < 4; i++) {
            shard(1, 10);
            shard(2, 0);
        }
        assertTrue(decide().stream().noneMatch(Decision.MoveShard.class::isInstance));
    }

    @Test
    void aGroupWithTooFewGetsOneMore() {
        fourNodes();
        group(1, 1, 1L, 2L);
        settings = settings.withReplicaCount(3);
        assertEquals(
                List.of(
                        new Decision.AddReplica(
                                1, 3, "it has 2 of the 3 replicas that groups are to have")),
                decide());
    }

    @Test
    void whatIsManualIsNotDone() {
        fourNodes();
        node(5, "");
        silent(3, "", LONG);
        group(1, 1, 1L, 2L, 3L);
        group(2, 1, 1L, 2L, 3L);
        for (int i = 0; i < 8; i++) {
            shard(1, 1_000);
        }
        settings = settings.withDuties(List.of());
        assertEquals(List.of(), decide());
    }
}
