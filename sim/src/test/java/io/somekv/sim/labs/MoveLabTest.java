package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.sim.world.GroupsView;
import io.somekv.sim.world.SteeredStore;
import java.util.List;
import java.util.SortedSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Shards go where the config says, with what is in them, and what they leave behind goes: the labs'
 * checks of one client while groups join and leave and nothing fails at the same time. That a shard
 * has moved is seen by what is answered when groups are down.
 */
class MoveLabTest {
    private static final int SHARDS = 10;

    /**
     * From a change of the config to its last shard, and its last release: 2 s as a rule, 80 where
     * a fifth of all messages get lost.
     */
    private static final long MOVES_MILLIS = 120_000;

    /** A leader's answer, with nothing in its way. */
    private static final long READ_MILLIS = 250;

    /** So long the labs listen for an answer that must not come. */
    private static final long SILENCE_MILLIS = 3_000;

    private static SteeredStore store(Lab lab, int joined) {
        return new SteeredStore(1, lab.scenario(), joined);
    }

    private static void settles(SteeredStore store) {
        assertTrue(store.awaitMoves(MOVES_MILLIS), "all shards are served where they should be");
    }

    private static SortedSet<Integer> shardsOf(SteeredStore store, long group) {
        return GroupsView.given(store.config(), group);
    }

    @Test
    @Tag("lab:MIT-2020.shardkv.TestStaticShards")
    void whereAGroupIsDownJustItsKeysAreNotAnswered() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        clerk.checkAll();
        assertEquals(5, shardsOf(store, 1).size());
        store.killGroup(2);
        clerk.checkOnly(shardsOf(store, 1), SILENCE_MILLIS);
        store.startGroup(2);
        clerk.checkAll();
    }

    /** Between a third and two thirds of the keys, the lab asks; it is just those that moved. */
    @Test
    @Tag("lab:MIT-2015.shardkv.TestMove")
    @Tag("lab:DSLabs.lab4store.ShardsMoveOnJoin")
    void aGroupThatJoinsAnswersForItsShare() {
        for (long dead = 1; dead <= 2; dead++) {
            SteeredStore store = store(Lab.ofGroups(2, 3), 1);
            Clerk clerk = new Clerk(store, SHARDS);
            clerk.putAll();
            store.join(2L);
            settles(store);
            clerk.checkAll();
            store.killGroup(dead);
            SortedSet<Integer> left = shardsOf(store, 3 - dead);
            assertEquals(SHARDS / 2, left.size());
            clerk.checkOnly(left, SILENCE_MILLIS);
            store.startGroup(dead);
            clerk.checkAll();
        }
    }

    @Test
    @Tag("lab:DSLabs.lab4store.ShardsMoveOnMove")
    void theShardThatIsMovedGoesAndNoOther() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        int shard = shardsOf(store, 1).getFirst();
        SortedSet<Integer> before = shardsOf(store, 2);
        store.move(shard, 2);
        settles(store);
        before.add(shard);
        assertEquals(before, shardsOf(store, 2));
        store.killGroup(1);
        clerk.checkOnly(before, SILENCE_MILLIS);
        store.startGroup(1);
        clerk.appendAndCheck();
    }

    /** The first group is not needed any more once it has left; it comes back, the other leaves. */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestJoinLeave")
    @Tag("lab:MIT-2025.shardkv1.TestJoinLeaveBasic5A")
    @Tag("lab:DSLabs.lab4store.JoinLeave")
    @Tag("lab:somekv.endtoend.JoinLeaveRejoinKeepsData")
    void aGroupLeavesAndComesBackAndTheOtherLeaves() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        clerk.checkAll();
        store.join(2L);
        clerk.appendAndCheck();
        store.leave(1L);
        clerk.appendAndCheck();
        settles(store);
        store.killGroup(1);
        clerk.checkAll();
        store.startGroup(1);
        store.join(1L);
        clerk.appendAndCheck();
        store.leave(2L);
        settles(store);
        store.killGroup(2);
        clerk.appendAndCheck();
    }

    @Test
    @Tag("lab:MIT-2015.shardkv.TestBasic")
    @Tag("lab:MIT-2025.shardkv1.TestManyJoinLeaveReliable5A")
    void groupsJoinOneByOneAndLeaveOneByOne() {
        joinOneByOneAndLeaveOneByOne(Lab.ofGroups(5, 3), SHARDS);
    }

    @Test
    @Tag("slow")
    @Tag("lab:MIT-2020.shardkv.TestUnreliable1")
    @Tag("lab:MIT-2025.shardkv1.TestManyJoinLeaveUnreliable5A")
    @Tag("lab:DSLabs.lab4store.JoinLeaveUnreliable")
    void norDoesAnUnreliableNetworkKeepThemFromIt() {
        joinOneByOneAndLeaveOneByOne(Lab.ofGroups(5, 1).shards(5).unreliable(), 5);
    }

    private static void joinOneByOneAndLeaveOneByOne(Lab lab, int shards) {
        SteeredStore store = store(lab, 1);
        Clerk clerk = new Clerk(store, shards);
        clerk.putAll();
        for (long group = 2; group <= 5; group++) {
            store.join(group);
            clerk.appendAndCheck();
        }
        settles(store);
        for (long group = 1; group <= 5; group++) {
            assertEquals(shards / 5, store.groups().serving(group).size());
        }
        for (long group = 1; group <= 4; group++) {
            store.leave(group);
            clerk.appendAndCheck();
        }
        settles(store);
        List.of(1L, 2L, 3L, 4L).forEach(store::killGroup);
        clerk.appendAndCheck();
    }

    /** At least a hundred reads, the lab asks, in four seconds of joins and leaves. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestProgressJoin5A")
    void shardsThatStayAreReadWhileOthersMove() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll("v".repeat(10_000));
        SortedSet<Integer> unmoved = shardsOf(store, 1);
        long config = store.config().number();
        int changes = 0;
        int reads = 0;
        for (long end = store.nowMillis() + 4_000; store.nowMillis() < end; ) {
            boolean isIn = changes % 2 == 0;
            if (store.groups().serving(2).size() == (isIn ? SHARDS / 2 : 0)) {
                changes++;
                if (isIn) {
                    store.leave(2L);
                } else {
                    store.join(2L);
                }
            }
            clerk.check(unmoved, READ_MILLIS);
            reads += unmoved.size();
        }
        settles(store);
        assertTrue(reads >= 100, "reads: " + reads);
        assertTrue(changes >= 2, "shards have gone and come back: " + changes);
        assertEquals(config + changes, store.config().number());
        clerk.appendAndCheck();
    }
}
