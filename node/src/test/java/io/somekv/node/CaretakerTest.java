package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.Decision;
import io.somekv.protocol.caretaker.LoadReport;
import io.somekv.protocol.caretaker.LoggedDecision;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Member;
import io.somekv.raft.MembershipChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The shard master's leader keeps real lanes in order, by what they report. */
class CaretakerTest {
    /** Ticks of 5 ms. */
    private static final int SECOND = 200;

    private static final long GROUPS = 3;

    private static final CaretakerSettings QUICK =
            CaretakerSettings.DEFAULTS.withDeadAfter(4_000).withRest(1_000);

    /** Group 0 on all five nodes, groups 1 to 3 on the first three. */
    private static LaneCluster started(Duty... duties) {
        return started(QUICK.withDuties(List.of(duties)));
    }

    private static LaneCluster started(CaretakerSettings settings) {
        LaneCluster cluster = new LaneCluster(5, LaneNodes.Setup.DEFAULT.withCaretaker());
        cluster.createGroup(0);
        for (long group = 1; group <= GROUPS; group++) {
            cluster.createGroup(group, 3);
        }
        cluster.startOn(3, 12, (int) GROUPS);
        tune(cluster, settings);
        return cluster;
    }

    private static void tune(LaneCluster cluster, CaretakerSettings settings) {
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.TuneCaretaker(settings)));
    }

    private static CaretakerState state(LaneCluster cluster) {
        long node = cluster.leaderOf(0);
        return assertInstanceOf(
                        Outcome.Caretaker.class, cluster.ask(node, new Command.QueryCaretaker(100)))
                .state();
    }

    private static List<Long> voters(LaneCluster cluster, long group) {
        return cluster.lane(cluster.leaderOf(group), group).status(cluster.now()).stream()
                .filter(status -> status.groupId() == group)
                .flatMap(status -> status.membership().voters().stream())
                .map(Member::nodeId)
                .sorted()
                .toList();
    }

    private static Set<Long> leaders(LaneCluster cluster) {
        Set<Long> leaders = new TreeSet<>();
        for (long group = 1; group <= GROUPS; group++) {
            leaders.add(cluster.leaderOf(group));
        }
        return leaders;
    }

    @Test
    void aNodeThatStaysAwayIsReplaced() {
        LaneCluster cluster = started(Duty.REPLACE);
        cluster.crash(3);
        cluster.run(30 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            List<Long> voters = voters(cluster, group);
            assertEquals(3, voters.size(), "group " + group);
            assertFalse(voters.contains(3L), "group " + group + " is on " + voters);
        }
        List<LoggedDecision> decisions = state(cluster).decisions();
        assertEquals(GROUPS, decisions.size(), "" + decisions);
        Decision first = decisions.getLast().decision();
        assertInstanceOf(Decision.ReplaceReplica.class, first);
        assertTrue(first.why().startsWith("node 3 has been silent for"), first.why());
    }

    @Test
    void whoWasToReplaceADeadNodeAndDiesIsReplacedItself() {
        LaneCluster cluster = started(Duty.REPLACE);
        cluster.crash(1);
        cluster.crash(4);
        cluster.run(2 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            begin(cluster, group, LaneCluster.storeOf(4), 4, 1);
        }
        cluster.run(60 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            assertEquals(List.of(2L, 3L, 5L), voters(cluster, group), "group " + group);
        }
    }

    @Test
    void aDeadNodeIsReplacedThoughAnotherReplicaIsOnItsWayToAFullDisk() {
        LaneCluster cluster = started(Duty.REPLACE);
        cluster.disk(4, new DiskRoom(true, 0));
        cluster.run(2 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            begin(cluster, group, LaneCluster.storeOf(4), 4, 2);
        }
        cluster.crash(3);
        cluster.run(60 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            assertEquals(List.of(1L, 2L, 5L), voters(cluster, group), "group " + group);
        }
    }

    /** As {@code node replace 3 3} leaves it, where that is broken off. */
    @Test
    void whoWasToReplaceItsOwnLostDiskAndDiesIsReplaced() {
        LaneCluster cluster = started(Duty.REPLACE);
        cluster.crash(3);
        cluster.run(2 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            begin(cluster, group, new UUID(6, 6), 3, 3);
        }
        cluster.run(60 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            List<Long> voters = voters(cluster, group);
            assertEquals(3, voters.size(), "group " + group + " is on " + voters);
            assertFalse(voters.contains(3L), "group " + group + " is on " + voters);
        }
    }

    /** As an operator does. */
    private static void begin(
            LaneCluster cluster, long group, UUID store, long toNode, long replaced) {
        assertEquals(
                new Outcome.Ok(),
                cluster.change(
                        cluster.leaderOf(group),
                        group,
                        new MembershipChange.Add(toNode, store, replaced)));
    }

    @Test
    void aGroupThatLeftAndStillHasShardsIsKeptAlive() {
        LaneCluster cluster = started(Duty.REPLACE);
        assertEquals(
                new Outcome.Ok(),
                cluster.ask(1, new Command.TuneMoves(MoveTuning.pause(List.of()))));
        for (int key = 0; key < 100; key++) {
            cluster.ask(1, Command.Put.of(Bytes.utf8("key" + key), Bytes.utf8("value")));
        }
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Leave(List.of(GROUPS))));
        cluster.crash(3);
        cluster.run(30 * SECOND);
        assertEquals(3, voters(cluster, GROUPS).size());
        assertFalse(voters(cluster, GROUPS).contains(3L), "on " + voters(cluster, GROUPS));
    }

    @Test
    void aNodeThatComesBackInTimeIsLeftAlone() {
        LaneCluster cluster = started(Duty.REPLACE);
        cluster.run(6 * SECOND);
        cluster.crash(3);
        cluster.run(2 * SECOND);
        cluster.restart(3);
        cluster.run(10 * SECOND);
        assertEquals(List.of(), state(cluster).decisions());
        assertEquals(List.of(1L, 2L, 3L), voters(cluster, 1));
    }

    @Test
    void nodesThatHaveNothingGetTheirShareAndLeadersAreSpread() {
        LaneCluster cluster = started(Duty.PLACE, Duty.LEAD);
        cluster.run(60 * SECOND);
        TreeSet<Long> hosts = new TreeSet<>();
        for (long group = 1; group <= GROUPS; group++) {
            hosts.addAll(voters(cluster, group));
        }
        assertEquals(new TreeSet<>(List.of(1L, 2L, 3L, 4L, 5L)), hosts);
        assertEquals(3, leaders(cluster).size(), "leaders on " + leaders(cluster));
        List<LoggedDecision> decisions = state(cluster).decisions();
        cluster.run(30 * SECOND);
        assertEquals(decisions, state(cluster).decisions(), "it has come to rest");
    }

    @Test
    void aNodeThatDrainsIsEmptiedThoughAllElseIsManual() {
        LaneCluster cluster = started();
        cluster.ask(1, new Command.UseNode(new NodeUse(2, NodeUse.Kind.DRAINING)));
        cluster.run(30 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            assertFalse(voters(cluster, group).contains(2L), "group " + group);
            assertEquals(3, voters(cluster, group).size());
        }
        assertTrue(cluster.leaderOf(0) != 2, "it hands over what it cannot give away");
    }

    @Test
    void aNewLeaderOfTheMasterGoesOn() {
        LaneCluster cluster = started(Duty.REPLACE);
        long master = cluster.leaderOf(0);
        cluster.crash(master);
        cluster.run(40 * SECOND);
        for (long group = 1; group <= GROUPS; group++) {
            assertFalse(voters(cluster, group).contains(master), "group " + group);
            assertEquals(3, voters(cluster, group).size());
        }
    }

    @Test
    void shardsOfAGroupThatBearsTooMuchMove() {
        LaneCluster cluster = started(Duty.MOVE);
        cluster.run(8 * SECOND);
        assertEquals(List.of(), state(cluster).decisions(), "no load, no moves");
        long master = cluster.leaderOf(0);
        List<Long> owners = cluster.map(master).orElseThrow().config().owners();
        for (int second = 0; second < 8 && state(cluster).decisions().isEmpty(); second++) {
            cluster.arrive(master % 5 + 1, master, new Frame.Load(busyGroup(owners)));
            cluster.run(SECOND);
        }
        List<LoggedDecision> decisions = state(cluster).decisions();
        assertFalse(decisions.isEmpty());
        Decision.MoveShard move =
                assertInstanceOf(Decision.MoveShard.class, decisions.getLast().decision());
        assertEquals(1, move.fromGroup());
        assertTrue(move.why().contains("times the average of requests"), move.why());
        // Later the load is what it is, none, and the shard may go back.
        boolean hasCome = false;
        for (int look = 0; look < 100 && !hasCome; look++) {
            cluster.run(SECOND / 50);
            long serving = cluster.map(master).orElseThrow().served(move.shard()).groupId();
            hasCome = serving == move.toGroup();
        }
        assertTrue(hasCome, move::toString);
    }

    /**
     * It cannot know for how long a shard has been where it is, nor whether load is there to stay.
     */
    @Test
    void aNewLeaderOfTheMasterMovesNothingForLoadBeforeARestHasPassed() {
        CaretakerSettings settings = QUICK.withDuties(List.of(Duty.MOVE)).withRest(10_000);
        LaneCluster cluster = started(settings);
        cluster.run(8 * SECOND);
        cluster.crash(cluster.leaderOf(0));
        cluster.run(2 * SECOND);
        long master = cluster.leaderOf(0);
        List<Long> owners = cluster.map(master).orElseThrow().config().owners();
        int seconds = 0;
        while (seconds < 30 && state(cluster).decisions().isEmpty()) {
            cluster.arrive(master % 5 + 1, master, new Frame.Load(busyGroup(owners)));
            cluster.run(SECOND);
            seconds++;
        }
        int waited = seconds;
        assertTrue(waited >= 9 && waited < 30, () -> "moved after " + waited + " s");
    }

    /** As if somebody led group 1 in a term to come, and was asked for a lot. */
    private static LoadReport busyGroup(List<Long> owners) {
        List<LoadReport.ShardLoad> shards = new ArrayList<>();
        for (int shard = 0; shard < owners.size(); shard++) {
            if (owners.get(shard) == 1) {
                shards.add(new LoadReport.ShardLoad(shard, 1_000, 0));
            }
        }
        LoadReport.GroupLoad group =
                new LoadReport.GroupLoad(
                        1, 1_000, 60_000, List.of(1L, 2L, 3L), List.of(), false, shards);
        return new LoadReport("", true, List.of(group));
    }
}
