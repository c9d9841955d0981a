package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.frame.Frame;
import io.somekv.sim.world.GroupsView;
import io.somekv.sim.world.SteeredStore;
import io.somekv.sim.world.SteeredStore.Asked;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Nodes, whole groups or the shard master are down while groups join and leave: a minority delays
 * nothing, a group that is down delays just its own shards, and each move that was begun is
 * completed once it can be.
 */
class GroupDownLabTest {
    private static final int SHARDS = 10;
    private static final long MASTER = 0;
    private static final long MOVES_MILLIS = 30_000;

    /** So long the labs listen for an answer that must not come. */
    private static final long SILENCE_MILLIS = 3_000;

    /** What the lab allows the groups that are up. */
    private static final long LIVE_MILLIS = 2_000;

    private static SteeredStore store(Lab lab, int joined) {
        return new SteeredStore(1, lab.scenario(), joined);
    }

    private static void settles(SteeredStore store) {
        assertTrue(store.awaitMoves(MOVES_MILLIS), "all shards are served where they should be");
    }

    private static SortedSet<Integer> shardsOf(SteeredStore store, long group) {
        return GroupsView.given(store.config(), group);
    }

    /** The node of that place, from 0, of each of three groups. */
    private static List<Long> ofEachGroup(int place) {
        return List.of(1L + place, 4L + place, 7L + place);
    }

    // ---- a minority of each group

    @Test
    @Tag("lab:MIT-2015.shardkv.TestLimp")
    @Tag("lab:DSLabs.lab4store.ProgressWithMajorities")
    void withAMinorityOfEachGroupDownAllGoesOn() {
        SteeredStore store = store(Lab.ofGroups(3, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        for (int group = 0; group < 3; group++) {
            store.kill(ofEachGroup(group).get(group));
        }
        store.kill(10);
        for (long group = 2; group <= 3; group++) {
            store.join(group);
            clerk.appendAndCheck();
        }
        settles(store);
        for (long group = 1; group <= 2; group++) {
            store.leave(group);
            clerk.appendAndCheck();
            settles(store);
            store.killGroup(group);
        }
        clerk.appendAndCheck();
    }

    /** Of each group another node misses each change; each finds out when it is back. */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestMissChange")
    void whoMissedChangesLearnsOfThemWhenItIsBack() {
        SteeredStore store = store(Lab.ofGroups(3, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        store.join(2L);
        clerk.checkAll();
        ofEachGroup(0).forEach(store::kill);
        store.join(3L);
        store.leave(2L);
        store.leave(1L);
        clerk.appendAndCheck();
        store.join(2L);
        clerk.appendAndCheck();
        ofEachGroup(0).forEach(store::start);
        clerk.appendAndCheck();
        store.run(2_000);
        ofEachGroup(1).forEach(store::kill);
        store.join(1L);
        store.leave(3L);
        clerk.appendAndCheck();
        ofEachGroup(1).forEach(store::start);
        clerk.appendAndCheck();
        settles(store);
        assertEquals(List.of(5, 5), List.of(shardsOf(store, 1).size(), shardsOf(store, 2).size()));
    }

    // ---- all of it

    /** Logs are dropped all the while: who starts again goes on from what the engine has. */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestSnapshot")
    void withoutTheirOldLogsToo() {
        SteeredStore store = store(Lab.ofGroups(3, 3).dropsLogs(), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll("v".repeat(500));
        store.join(2L, 3L);
        store.leave(1L);
        clerk.appendAndCheck();
        store.leave(2L);
        store.join(1L);
        clerk.appendAndCheck();
        store.run(1_000);
        clerk.checkAll();
        List.of(1L, 2L, 3L).forEach(store::killGroup);
        store.run(1_000);
        List.of(1L, 2L, 3L).forEach(store::startGroup);
        clerk.appendAndCheck();
        settles(store);
    }

    /** Killed again and again amid the moves, the shard master too. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestShutdown5A")
    void allGroupsStopAndStartAgain() {
        SteeredStore store = store(Lab.ofGroups(3, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        for (int round = 0; round < 6; round++) {
            if (round % 2 == 0) {
                store.join(2L, 3L);
            } else {
                store.leave(2L, 3L);
            }
            assertTrue(store.awaitChange(MOVES_MILLIS));
            store.run(250L * round);
            List.of(MASTER, 1L, 2L, 3L).forEach(store::killGroup);
            store.run(500);
            List.of(MASTER, 1L, 2L, 3L).forEach(store::startGroup);
            clerk.appendAndCheck();
        }
        settles(store);
    }

    // ---- a group

    @Test
    @Tag("lab:MIT-2025.shardkv1.TestProgressShutdown5A")
    void groupsThatAreUpAnswerSoonWhileOthersAreDown() {
        SteeredStore store = store(Lab.ofGroups(4, 3), 4);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        SortedSet<Integer> live = shardsOf(store, 1);
        live.addAll(shardsOf(store, 2));
        store.killGroup(4);
        clerk.check(live, LIVE_MILLIS);
        store.killGroup(3);
        clerk.check(live, LIVE_MILLIS);
        store.leave(3L, 4L);
        for (int i = 0; i < 5; i++) {
            clerk.check(live, LIVE_MILLIS);
            store.run(1_000);
        }
        store.startGroup(3);
        store.startGroup(4);
        clerk.appendAndCheck();
        settles(store);
    }

    /**
     * The first group is down as it leaves: what the second has it serves on, reads and writes, and
     * the rest as soon as the first is back.
     */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestChallenge2Unaffected")
    @Tag("lab:somekv.require.UnaffectedShardsServe")
    void shardsThatStayAreServedOnWhileOthersCannotCome() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        SortedSet<Integer> unaffected = shardsOf(store, 2);
        store.killGroup(1);
        store.leave(1L);
        assertTrue(store.awaitChange(MOVES_MILLIS));
        assertEquals(SHARDS, shardsOf(store, 2).size());
        store.run(LIVE_MILLIS);
        clerk.awaitAppends(clerk.beginAppends(unaffected));
        clerk.checkOnly(unaffected, SILENCE_MILLIS);
        store.startGroup(1);
        clerk.appendAndCheck();
        settles(store);
    }

    /** The first group is down, the third leaves with it: what is the third's comes at once. */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestChallenge2Partial")
    @Tag("lab:somekv.require.ReceivedShardsServeAtOnce")
    void shardsThatHaveComeAreServedWhileOthersCannotCome() {
        SteeredStore store = store(Lab.ofGroups(3, 3), 3);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        SortedSet<Integer> missing = shardsOf(store, 1);
        SortedSet<Integer> live = clerk.shards();
        live.removeAll(missing);
        assertTrue(missing.size() >= 3 && shardsOf(store, 3).size() >= 3);
        store.killGroup(1);
        store.leave(1L, 3L);
        assertTrue(store.awaitChange(MOVES_MILLIS));
        store.run(1_500);
        assertEquals(live, store.groups().serving(2), "a second and a half later");
        clerk.awaitAppends(clerk.beginAppends(live));
        clerk.checkOnly(live, SILENCE_MILLIS);
        store.startGroup(1);
        clerk.appendAndCheck();
        settles(store);
    }

    /** The group that joins is down, then one that leaves: both changes wait, and are completed. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestJoinLeave5B")
    void aChangeThatWaitsForAGroupIsCompletedWhenItIsBack() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        store.leave(2L);
        settles(store);
        store.killGroup(2);
        store.join(2L);
        assertTrue(store.awaitChange(MOVES_MILLIS));
        store.run(SILENCE_MILLIS);
        assertEquals(clerk.shards(), store.groups().serving(1), "nobody has taken anything");
        clerk.appendAndCheck();
        store.startGroup(2);
        settles(store);
        assertEquals(SHARDS / 2, store.groups().serving(2).size());
        store.killGroup(1);
        store.leave(1L);
        assertTrue(store.awaitChange(MOVES_MILLIS));
        store.run(SILENCE_MILLIS);
        assertEquals(SHARDS / 2, store.groups().serving(2).size(), "the others are not there");
        store.startGroup(1);
        settles(store);
        store.killGroup(1);
        clerk.appendAndCheck();
    }

    // ---- the shard master

    /** At any moment after the change was begun; nobody sees to it but the groups themselves. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestRecoverCtrler5B")
    void aChangeGoesOnWhenTheShardMasterIsBack() {
        SteeredStore store = store(Lab.ofGroups(2, 1), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        for (int moment = 0; moment < 12; moment++) {
            if (moment % 2 == 0) {
                store.join(2L);
            } else {
                store.leave(2L);
            }
            store.run(moment * 100L);
            store.killGroup(MASTER);
            store.run(500);
            store.startGroup(MASTER);
            clerk.appendAndCheck();
            settles(store);
        }
    }

    /**
     * Every door has seen that the first group serves a shard, later than its map had it. The shard
     * goes back, and the first group dies: nobody tells the doors that it does not serve any more.
     */
    @Test
    void whoServedIsForgottenWhenItIsGone() {
        SteeredStore store = store(Lab.ofGroups(2, 1), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        int shard = shardsOf(store, 2).getFirst();
        store.move(shard, 1);
        while (!store.groups().serving(1).contains(shard)) {
            getAtEachDoor(store, clerk.key(shard), MOVES_MILLIS);
        }
        getAtEachDoor(store, clerk.key(shard), MOVES_MILLIS);
        store.move(shard, 2);
        settles(store);
        store.killGroup(1);
        store.run(LIVE_MILLIS);
        getAtEachDoor(store, clerk.key(shard), LIVE_MILLIS);
    }

    /** Of the shard master, and of the second group. */
    private static void getAtEachDoor(SteeredStore store, Bytes key, long millisMax) {
        for (long node = 2; node <= 5; node++) {
            Asked get = store.askAt(node, Frame.ANY_GROUP, new Command.Get(key), ReadMode.LEADER);
            assertEquals(
                    Optional.of(Outcome.Value.class),
                    store.await(get, millisMax).map(Object::getClass),
                    "at the door of node " + node);
        }
    }
}
