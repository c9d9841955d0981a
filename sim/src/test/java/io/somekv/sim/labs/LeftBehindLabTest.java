package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.RowKind;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.frame.Frame;
import io.somekv.sim.world.GroupsView;
import io.somekv.sim.world.SteeredStore;
import io.somekv.sim.world.SteeredStore.Asked;
import io.somekv.sim.world.SteeredStore.Side;
import java.util.Optional;
import java.util.SortedSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a shard where it was: it is refused, its rows go, and what was remembered of
 * clients goes with it. And what becomes of it while no group is to have it.
 */
class LeftBehindLabTest {
    private static final int SHARDS = 10;
    private static final long PATIENCE_MILLIS = 20_000;
    private static final long MONTH_MILLIS = 30L * 24 * 3_600_000;

    private static SteeredStore store(Lab lab, int joined) {
        return new SteeredStore(1, lab.scenario(), joined);
    }

    private static void settles(SteeredStore store) {
        assertTrue(store.awaitMoves(PATIENCE_MILLIS), "all shards are served where they should be");
    }

    private static Outcome askAt(
            SteeredStore store, long node, long group, Command command, ReadMode mode) {
        return store.await(store.askAt(node, group, command, mode), PATIENCE_MILLIS).orElseThrow();
    }

    @Test
    @Tag("lab:DSLabs.lab4store.Basic")
    void oneGroupServesAllThereIs() {
        SteeredStore store = store(Lab.ofGroups(1, 1), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        Bytes key = clerk.key(0);
        Asked get = store.ask(Side.MAJORITY, new Command.Get(key));
        assertEquals(Optional.of(new Outcome.Nil()), store.await(get, PATIENCE_MILLIS));
        clerk.putAll();
        clerk.appendAndCheck();
    }

    /** Of a group whose leader the clients, and the others, do not hear any more. */
    @Test
    @Tag("lab:MIT-2025.shardkv1.TestStaticOneShardGroup5A")
    void oneGroupServesOnWithoutItsLeader() {
        SteeredStore store = store(Lab.ofGroups(1, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        clerk.checkAll();
        long leader = store.groups().leader(1);
        store.cutOff(leader);
        clerk.appendAndCheck();
        assertTrue(store.groups().leader(1) != leader, "another one leads");
    }

    /** By every node of the group that had it, whoever asks, however. */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestRejection")
    @Tag("lab:MIT-2025.shardkv1.TestJoinBasic5A")
    void whatHasMovedIsRefusedWhereItWas() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        store.join(2L);
        settles(store);
        Bytes stays = clerk.key(GroupsView.given(store.config(), 1).getFirst());
        Bytes moved = clerk.key(GroupsView.given(store.config(), 2).getFirst());
        for (long node = 1; node <= 3; node++) {
            for (ReadMode mode : new ReadMode[] {ReadMode.LEADER, ReadMode.LOCAL}) {
                assertInstanceOf(
                        Outcome.WrongGroup.class,
                        askAt(store, node, 1, new Command.Get(moved), mode));
                assertInstanceOf(
                        Outcome.Value.class, askAt(store, node, 1, new Command.Get(stays), mode));
            }
            Command append = new Command.Append(moved, Bytes.utf8("lost;"));
            assertInstanceOf(
                    Outcome.WrongGroup.class, askAt(store, node, 1, append, ReadMode.LEADER));
        }
        clerk.checkAll();
    }

    /**
     * Thirty thousand bytes of values, back and forth. The lab's bound for all of them on three
     * replicas, and no row left where the shard is not.
     */
    @Test
    @Tag("lab:MIT-2020.shardkv.TestChallenge1Delete")
    @Tag("lab:MIT-2025.shardkv1.TestDeleteBasic5A")
    @Tag("lab:somekv.require.ShardsDeletedAfterMove")
    void noReplicaKeepsAnythingOfAShardThatIsElsewhere() {
        SteeredStore store = store(Lab.ofGroups(3, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll("v".repeat(3_000));
        moveBackAndForth(store, clerk);
        long bytes = 0;
        for (long node = 1; node <= 9; node++) {
            bytes += store.groups().bytesHeld(node);
        }
        assertTrue(bytes > 90_000 && bytes < 3 * (27_000 + 6_000 + 6_000), "bytes: " + bytes);
        clerk.checkAll();
    }

    /** Nor of when its keys end, which may be long after. */
    @Test
    @Tag("lab:somekv.require.ShardsDeletedAfterMove")
    void norDoesOneOfKeysThatExpire() {
        SteeredStore store = store(Lab.ofGroups(3, 3), 1);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll("", new Command.Expiry(Command.Expiry.Kind.AFTER, MONTH_MILLIS));
        moveBackAndForth(store, clerk);
        for (long node = 1; node <= 9; node++) {
            int shards = store.groups().held(node).size();
            assertEquals(shards, store.groups().rowsHeld(node, RowKind.EXPIRY), "node " + node);
        }
    }

    private static void moveBackAndForth(SteeredStore store, Clerk clerk) {
        for (int round = 0; round < 2; round++) {
            store.join(2L);
            settles(store);
            clerk.appendAndCheck();
            store.join(3L);
            store.leave(1L);
            settles(store);
            clerk.appendAndCheck();
            store.leave(3L);
            store.join(1L);
            settles(store);
            clerk.appendAndCheck();
            store.leave(2L);
        }
        store.join(2L, 3L);
        settles(store);
        store.run(2_000);
        for (long group = 1; group <= 3; group++) {
            SortedSet<Integer> given = GroupsView.given(store.config(), group);
            for (long node = 3 * group - 2; node <= 3 * group; node++) {
                assertEquals(given, store.groups().held(node), "node " + node);
            }
        }
    }

    /** The reply was lost; the shard moved; the copies of the request meet both groups. */
    @Test
    @Tag("lab:somekv.require.DuplicateTableTravels")
    void whatWasAnsweredBeforeTheMoveIsAnsweredTheSameAfterIt() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        int shard = GroupsView.given(store.config(), 1).getFirst();
        Bytes key = clerk.key(shard);
        Command get = new Command.Get(key);
        Bytes before = ((Outcome.Value) askAt(store, 4, 1, get, ReadMode.LEADER)).value();
        Bytes after = Bytes.utf8(before.toUtf8() + "once;");
        store.deafen(Side.MAJORITY);
        Asked append = store.ask(Side.MAJORITY, new Command.Append(key, Bytes.utf8("once;")));
        store.run(500);
        assertEquals(new Outcome.Value(after), askAt(store, 4, 1, get, ReadMode.LEADER));
        assertEquals(Optional.empty(), append.outcome());
        store.move(shard, 2);
        assertTrue(store.awaitChange(PATIENCE_MILLIS));
        store.run(3_000);
        assertTrue(store.groups().serving(2).contains(shard));
        assertEquals(Optional.empty(), append.outcome());
        store.heal();
        assertEquals(
                Optional.of(new Outcome.Int(after.size())), store.await(append, PATIENCE_MILLIS));
        assertEquals(new Outcome.Value(after), askAt(store, 4, 2, get, ReadMode.LEADER));
    }

    /** One group comes back, and has what the other had, too. */
    @Test
    @Tag("lab:somekv.endtoend.AllLeaveGetErrors")
    void withoutAGroupReadsFailAndTheNextOneHasEverything() {
        SteeredStore store = store(Lab.ofGroups(2, 3), 2);
        Clerk clerk = new Clerk(store, SHARDS);
        clerk.putAll();
        store.leave(1L, 2L);
        settles(store);
        for (long node = 1; node <= 9; node++) {
            for (int shard = 0; shard < SHARDS; shard++) {
                Command get = new Command.Get(clerk.key(shard));
                assertInstanceOf(
                        Outcome.WrongGroup.class,
                        askAt(store, node, Frame.ANY_GROUP, get, ReadMode.LEADER));
            }
        }
        store.join(1L);
        clerk.appendAndCheck();
        settles(store);
        store.killGroup(2);
        clerk.checkAll();
    }
}
