package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.raft.MembershipChange;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Disks that are nearly full (DESIGN §10; docs/decisions/0009-a-full-disk.md). */
class FullDiskTest {
    private static final long GROUP = 1;
    private static final DiskRoom FULL = new DiskRoom(true, 5 << 20);
    private static final DiskRoom ROOMY = new DiskRoom(false, 1L << 40);
    private static final Bytes KEY = Bytes.utf8("k");
    private static final Command PUT = Command.Put.of(KEY, Bytes.utf8("v"));

    /** Longer than from a look at a disk to its pulse, and from there to a hand-over. */
    private static final int SETTLING = 100;

    private static LaneCluster started(int nodes) {
        LaneCluster cluster = new LaneCluster(nodes);
        cluster.start(4, 1);
        cluster.run(500);
        assertEquals(new Outcome.Ok(), cluster.ask(1, PUT));
        return cluster;
    }

    private static void fill(LaneCluster cluster, List<Long> nodes) {
        nodes.forEach(node -> cluster.disk(node, FULL));
        cluster.run(SETTLING);
    }

    private static long lastAt(LaneCluster cluster, long node) {
        return cluster.lane(node, GROUP).status(cluster.now()).stream()
                .filter(group -> group.groupId() == GROUP)
                .findFirst()
                .orElseThrow()
                .replica()
                .last()
                .index();
    }

    private static List<Long> followers(LaneCluster cluster) {
        long leader = cluster.leaderOf(GROUP);
        return List.of(1L, 2L, 3L).stream().filter(node -> node != leader).toList();
    }

    @Test
    @Tag("kb-20")
    void aNodeAloneRefusesWhatGrowsAndNothingElse() {
        LaneCluster cluster = started(1);
        fill(cluster, List.of(1L));
        long before = lastAt(cluster, 1);
        Bytes other = Bytes.utf8("other");
        List<Command> growing =
                List.of(
                        PUT,
                        new Command.PutMany(List.of(new Command.KeyValue(KEY, KEY))),
                        new Command.Append(KEY, KEY),
                        new Command.Increment(other, 1),
                        new Command.IncrementFloat(other, "1.5"));
        for (Command command : growing) {
            assertEquals(new Outcome.DiskNearlyFull(1, 5 << 20), cluster.ask(1, command));
        }
        assertEquals(before, lastAt(cluster, 1), "refused before it is logged");
        assertEquals(new Outcome.Value(Bytes.utf8("v")), cluster.ask(1, new Command.Get(KEY)));
        assertEquals(
                new Outcome.Int(0), cluster.ask(1, new Command.Expire(KEY, Command.Expiry.NONE)));
        assertEquals(new Outcome.Int(1), cluster.ask(1, new Command.Delete(List.of(KEY))));
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Clear(0)));
        cluster.disk(1, ROOMY);
        assertEquals(new Outcome.Ok(), cluster.ask(1, PUT));
        assertTrue(cluster.comesToRest());
    }

    @Test
    void aLeaderWithoutRoomHandsOverAndWritesGoOn() {
        LaneCluster cluster = started(3);
        long leader = cluster.leaderOf(GROUP);
        fill(cluster, List.of(leader));
        assertNotEquals(leader, cluster.leaderOf(GROUP));
        long before = lastAt(cluster, leader);
        for (long node = 1; node <= 3; node++) {
            assertEquals(new Outcome.Ok(), cluster.ask(node, PUT));
        }
        assertTrue(lastAt(cluster, leader) <= before + 1, "it gets no entries");
        cluster.disk(leader, ROOMY);
        cluster.run(SETTLING);
        assertEquals(lastAt(cluster, cluster.leaderOf(GROUP)), lastAt(cluster, leader));
        assertTrue(cluster.comesToRest());
    }

    @Test
    void whereTwoOfThreeHaveNoRoomWritesAreRefusedAndDeletesGoOn() {
        LaneCluster cluster = started(3);
        List<Long> full = followers(cluster);
        fill(cluster, full);
        for (long node = 1; node <= 3; node++) {
            Outcome.DiskNearlyFull refusal =
                    assertInstanceOf(Outcome.DiskNearlyFull.class, cluster.ask(node, PUT));
            assertTrue(full.contains(refusal.nodeId()), refusal.toString());
            assertEquals(
                    new Outcome.Value(Bytes.utf8("v")), cluster.ask(node, new Command.Get(KEY)));
        }
        assertEquals(new Outcome.Int(1), cluster.ask(1, new Command.Delete(List.of(KEY))));
        cluster.disk(full.getFirst(), ROOMY);
        cluster.run(SETTLING);
        assertEquals(new Outcome.Ok(), cluster.ask(1, PUT));
        assertTrue(cluster.comesToRest());
    }

    /** Writes of all nodes, one begun with each tick, for that many ticks; then all answers. */
    private static List<Outcome> writesWithoutAPause(LaneCluster cluster, int ticks) {
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < ticks; i++) {
            tokens.add(cluster.begin(1 + i % 3, PUT));
            cluster.run(1);
        }
        return tokens.stream().map(cluster::await).distinct().toList();
    }

    /** Who writes while a leader hands over for want of room waits, and is not refused. */
    @Test
    void aLeaderWhoseDiskFillsRefusesNoWriteMeanwhile() {
        LaneCluster cluster = started(3);
        long leader = cluster.leaderOf(GROUP);
        cluster.disk(leader, FULL);
        assertEquals(List.of(new Outcome.Ok()), writesWithoutAPause(cluster, 20));
        assertNotEquals(leader, cluster.leaderOf(GROUP));
        assertTrue(cluster.comesToRest());
    }

    @Test
    void aNodeWithoutRoomThatComesToLeadHandsOverAtOnce() {
        LaneCluster cluster = started(3);
        long full = followers(cluster).getFirst();
        fill(cluster, List.of(full));
        assertEquals(new Outcome.Ok(), cluster.transfer(cluster.leaderOf(GROUP), GROUP, full));
        assertEquals(List.of(new Outcome.Ok()), writesWithoutAPause(cluster, 20));
        assertNotEquals(full, cluster.leaderOf(GROUP));
        assertTrue(cluster.comesToRest());
    }

    /** And if it comes to lead again, a little later: who writes waits, and is not refused. */
    @Test
    void aNodeWithoutRoomThatComesToLeadAgainHandsOverAgain() {
        LaneCluster cluster = started(3);
        long full = cluster.leaderOf(GROUP);
        fill(cluster, List.of(full));
        assertEquals(new Outcome.Ok(), cluster.transfer(cluster.leaderOf(GROUP), GROUP, full));
        assertEquals(List.of(new Outcome.Ok()), writesWithoutAPause(cluster, 20));
        assertNotEquals(full, cluster.leaderOf(GROUP));
    }

    /** Where nobody had room and two others get it, one of them is to lead. */
    @Test
    void aLeaderWithoutRoomHandsOverOnceAQuorumOfOthersHasRoom() {
        LaneCluster cluster = started(3);
        fill(cluster, List.of(1L, 2L, 3L));
        cluster.run(500);
        long leader = cluster.leaderOf(GROUP);
        assertInstanceOf(Outcome.DiskNearlyFull.class, cluster.ask(leader, PUT));
        followers(cluster).forEach(node -> cluster.disk(node, ROOMY));
        cluster.run(SETTLING);
        assertNotEquals(leader, cluster.leaderOf(GROUP));
        assertEquals(List.of(new Outcome.Ok()), writesWithoutAPause(cluster, 5));
    }

    /** Membership changes go on: that is one way to give a group more room. */
    @Test
    void aNodeWithoutRoomCanBeTakenOutOfItsGroup() {
        LaneCluster cluster = started(3);
        List<Long> full = followers(cluster);
        fill(cluster, full);
        long leader = cluster.leaderOf(GROUP);
        assertEquals(
                new Outcome.Ok(),
                cluster.change(leader, GROUP, new MembershipChange.Remove(full.getFirst())));
    }

    /** A quiet group, and a replica that only comes to be, are told as well. */
    @Test
    void aReplicaThatComesLaterAndAGroupThatWasQuietKnowIt() {
        LaneCluster cluster = new LaneCluster(1);
        cluster.disk(1, FULL);
        cluster.start(4, 1);
        cluster.run(1000);
        assertInstanceOf(Outcome.DiskNearlyFull.class, cluster.ask(1, PUT));
        LaneCluster quiet = started(3);
        quiet.run(1000);
        fill(quiet, List.of(1L, 2L, 3L));
        assertInstanceOf(Outcome.DiskNearlyFull.class, quiet.ask(1, PUT));
    }
}
