package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.Incoming;
import io.somekv.kv.Outgoing;
import io.somekv.kv.ShardStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shards come to the group that the newest config names, whatever crashes, by whatever clock. */
class ShardDriverTest {
    private static final int SHARDS = 8;

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(SHARDS, 1);
        cluster.run(500);
        return cluster;
    }

    /** Owner of each shard, as the leaders' machines have it; fails where there are two. */
    private static Map<Integer, Long> owners(LaneCluster cluster, long groups) {
        TreeMap<Integer, Long> owners = new TreeMap<>();
        for (long group = 1; group <= groups; group++) {
            long leader = cluster.leaderOf(group);
            if (leader == 0) {
                continue;
            }
            for (GroupStatus status : cluster.lane(leader, group).status(cluster.now())) {
                for (ShardStatus shard :
                        status.groupId() == group ? status.shards().states() : noShards()) {
                    if (shard.serving()) {
                        assertEquals(null, owners.put(shard.shard(), group), "two owners");
                    }
                }
            }
        }
        return owners;
    }

    private static List<ShardStatus> noShards() {
        return List.of();
    }

    private static boolean isSettled(LaneCluster cluster, long groups) {
        return owners(cluster, groups).equals(wanted(cluster));
    }

    private static Map<Integer, Long> wanted(LaneCluster cluster) {
        TreeMap<Integer, Long> wanted = new TreeMap<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            wanted.put(shard, cluster.map(1).orElseThrow().config().owner(shard));
        }
        return wanted;
    }

    private static boolean settles(LaneCluster cluster, long groups) {
        cluster.run(1);
        for (int i = 0; i < 4000 && !isSettled(cluster, groups); i++) {
            cluster.run(1);
        }
        return isSettled(cluster, groups);
    }

    /** Group 2 joins and has no quorum; what it is to own waits at group 1, and goes on after. */
    @Test
    void aGroupThatIsDownWhenItJoinsGetsItsShardsWhenItComesBack() {
        LaneCluster cluster = started();
        cluster.createGroup(2);
        cluster.run(500);
        cluster.silence(2);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(2)))));
        cluster.run(500);
        assertFalse(isSettled(cluster, 2));
        cluster.heal();
        assertTrue(settles(cluster, 2));
        assertEquals(2, new TreeSet<>(owners(cluster, 2).values()).size());
    }

    /** What is remembered of writes comes with a shard, and is taken in at no earlier log time. */
    @Test
    void shardsComeToAGroupWhoseLeaderHasASlowClock() {
        LaneCluster cluster = started();
        cluster.createGroup(2);
        cluster.run(500);
        cluster.transfer(cluster.leaderOf(1), 1, 2);
        cluster.wallClock(1, -600_000);
        cluster.transfer(cluster.leaderOf(2), 2, 3);
        cluster.transfer(3, 2, 1);
        cluster.run(1000);
        putFifty(cluster);
        assertEquals(new Outcome.Ok(), cluster.ask(2, new Command.Join(List.of(cluster.spec(2)))));
        cluster.run(500);
        assertTrue(settles(cluster, 2));
        assertEquals(2, new TreeSet<>(owners(cluster, 2).values()).size());
        assertEquals(1, cluster.leaderOf(2));
    }

    /** Group 2's only voter is an hour behind: its log time cannot get to that of the shards. */
    @Test
    void noShardIsFrozenForAGroupWhoseTimeIsFarBehind() {
        LaneCluster cluster = started();
        cluster.transfer(cluster.leaderOf(1), 1, 2);
        cluster.wallClock(1, -3_600_000);
        cluster.createGroup(2, 1);
        cluster.run(500);
        putFifty(cluster);
        joinOnFirst(cluster, 1);
        for (int i = 0; i < 4_000; i++) {
            cluster.run(1);
            for (Outgoing move : cluster.status(1).shards().outgoing()) {
                assertEquals(Outgoing.Phase.COPYING, move.phase());
            }
        }
        List<Incoming> copied = cluster.status(2).shards().incoming();
        assertEquals(SHARDS / 2, copied.size());
        for (Incoming move : copied) {
            assertTrue(move.pieces() >= 1 && move.pieces() <= 3, () -> "once: " + move);
        }
        for (int i = 0; i < 1_000; i++) {
            long put = cluster.begin(2, Command.Put.of(Bytes.utf8("k" + i % 50), Bytes.utf8("v")));
            cluster.run(4);
            assertTrue(cluster.isAnswered(put), "nobody waits for who waits");
        }
        cluster.wallClock(1, 0);
        assertTrue(settles(cluster, 2));
        assertEquals(2, new TreeSet<>(owners(cluster, 2).values()).size());
    }

    /**
     * Two of group 2's three voters are an hour behind, one of them leads; the other's clock is set
     * right. So a quorum has the right time, and the leader, whose own clock stays as it is, must
     * go on from there.
     */
    @Test
    void aShardThatWaitsForAGroupsTimeComesOnceAQuorumHasIt() {
        LaneCluster cluster = whoseShardsAwaitTime();
        cluster.wallClock(2, 0);
        cluster.run(600);
        assertTrue(isSettled(cluster, 2), "within three seconds");
        assertEquals(List.of(), cluster.status(2).awaitingTime());
        assertEquals(1, cluster.leaderOf(2));
    }

    /** Another replica leads meanwhile, and gets the shards. */
    @Test
    void whoLeadsAgainDoesNotSayThatShardsWaitWhichHaveCome() {
        LaneCluster cluster = whoseShardsAwaitTime();
        cluster.wallClock(2, 0);
        cluster.transfer(1, 2, 2);
        for (int i = 0; i < 4_000 && !isSettled(cluster, 2); i++) {
            cluster.run(1);
        }
        assertEquals(2, cluster.leaderOf(2), "who got them");
        assertTrue(isSettled(cluster, 2));
        cluster.transfer(2, 2, 1);
        cluster.run(200);
        assertEquals(1, cluster.leaderOf(2));
        assertEquals(List.of(), cluster.status(2).awaitingTime());
    }

    /** Node 1 leads group 2; it and node 2, of the group's three, are an hour behind. */
    private static LaneCluster whoseShardsAwaitTime() {
        LaneCluster cluster = new LaneCluster(5);
        cluster.start(SHARDS, 1);
        cluster.run(500);
        cluster.transfer(cluster.leaderOf(1), 1, 4);
        cluster.wallClock(1, -3_600_000);
        cluster.wallClock(2, -3_600_000);
        cluster.createGroup(2, 3);
        for (int i = 0; i < 4_000 && cluster.leaderOf(2) == 0; i++) {
            cluster.run(1);
        }
        cluster.transfer(cluster.leaderOf(2), 2, 1);
        cluster.run(500);
        putFifty(cluster);
        joinOnFirst(cluster, 3);
        cluster.run(2_000);
        assertEquals(1, cluster.leaderOf(2));
        assertEquals(SHARDS / 2, cluster.status(2).shards().incoming().size(), "copied");
        assertEquals(SHARDS / 2, cluster.status(2).awaitingTime().size());
        return cluster;
    }

    private static void putFifty(LaneCluster cluster) {
        for (int i = 0; i < 50; i++) {
            Bytes text = Bytes.utf8("k" + i);
            assertEquals(new Outcome.Ok(), cluster.ask(2, Command.Put.of(text, text)));
        }
    }

    /** Group 2 joins, which has replicas on the first so many nodes. */
    private static void joinOnFirst(LaneCluster cluster, int nodes) {
        GroupSpec group = new GroupSpec(2, cluster.spec(2).replicas().subList(0, nodes));
        assertEquals(new Outcome.Ok(), cluster.ask(2, new Command.Join(List.of(group))));
    }

    /** Config 3 gives half of the shards to group 2, which is gone before it has one of them. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aGroupThatIsGoneAndNeverHadAShardIsInNobodysWay(boolean withData) {
        LaneCluster cluster = started();
        if (withData) {
            putFifty(cluster);
        }
        joinOneThatIsGone(cluster);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Leave(List.of(2L))));
        joinAnother(cluster, 3);
        assertTrue(settles(cluster, 3));
        assertEquals(Set.of(1L, 3L), Set.copyOf(owners(cluster, 3).values()));
        cluster.heal();
        cluster.run(500);
        assertEquals(wanted(cluster), owners(cluster, 3));
    }

    /**
     * Each write is one of a shard that may just be on its way: its group and the next refuse it.
     */
    @Test
    void aGroupThatIsGoneHoldsNobodyUpWhoMeetsAShardOnItsWay() {
        LaneCluster cluster = started();
        putFifty(cluster);
        joinOneThatIsGone(cluster);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Leave(List.of(2L))));
        cluster.createGroup(3);
        cluster.run(500);
        cluster.begin(1, new Command.Join(List.of(cluster.spec(3))));
        List<Long> writes = new ArrayList<>();
        for (int tick = 0; tick < 200 || !isSettled(cluster, 3); tick++) {
            assertTrue(tick < 4_000);
            for (int i = 0; i < 10; i++) {
                Bytes key = Bytes.utf8("k" + i);
                writes.add(cluster.begin(1 + i % 3, new Command.Append(key, key)));
            }
            cluster.run(1);
        }
        assertEquals(Set.of(1L, 3L), Set.copyOf(owners(cluster, 3).values()));
        cluster.run(50);
        for (long write : writes) {
            assertTrue(cluster.isAnswered(write));
            assertInstanceOf(Outcome.Int.class, cluster.await(write));
        }
    }

    /** Between these two configs a hundred others gave other shards to others. */
    @Test
    void aGroupThatMayHaveHadAShardIsAskedHoweverLongAgo() {
        LaneCluster cluster = started();
        joinOneThatIsGone(cluster);
        long config = cluster.map(1).orElseThrow().config().number();
        int shard = anyOf(cluster, 2);
        Outcome promise = cluster.await(cluster.begin(1, 1, new Command.GiveUp(shard, config)));
        assertEquals(new Outcome.GivenUp(false, config), promise);
        joinAnother(cluster, 3);
        int other = anyOf(cluster, 1);
        for (int i = 0; i < ShardOwners.CONFIGS_MAX + 10; i++) {
            Command move = new Command.Move(other, i % 2 == 0 ? 3 : 1);
            assertEquals(new Outcome.Ok(), cluster.ask(1, move));
        }
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Move(shard, 3)));
        cluster.run(2_000);
        assertFalse(owners(cluster, 3).containsKey(shard), "group 2 may have it");
        cluster.heal();
        assertTrue(settles(cluster, 3));
        assertEquals(3, owners(cluster, 3).get(shard));
    }

    /** Moves are paused: each shard's source is asked whether it has it, and not again. */
    @Test
    void aShardThatWaitsItsTurnCostsNoEntries() {
        LaneCluster cluster = started();
        putFifty(cluster);
        Command pause = new Command.TuneMoves(MoveTuning.pause(List.of()));
        assertEquals(new Outcome.Ok(), cluster.ask(1, pause));
        joinAnother(cluster, 2);
        cluster.run(300);
        long applied = cluster.status(1).applied();
        cluster.run(1_000);
        assertEquals(List.of(), cluster.status(2).shards().incoming());
        long more = cluster.status(1).applied() - applied;
        assertTrue(more < 20, () -> "in five seconds, entries: " + more);
        Command resume = new Command.TuneMoves(MoveTuning.resume(List.of()));
        assertEquals(new Outcome.Ok(), cluster.ask(1, resume));
        assertTrue(settles(cluster, 2));
    }

    /** Group 2 joins, and is without a quorum from before that on. */
    private static void joinOneThatIsGone(LaneCluster cluster) {
        cluster.createGroup(2);
        cluster.run(500);
        cluster.silence(2);
        cluster.run(500);
        assertEquals(0, cluster.leaderOf(2));
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(2)))));
        cluster.run(100);
    }

    private static void joinAnother(LaneCluster cluster, long group) {
        cluster.createGroup(group);
        cluster.run(500);
        Command join = new Command.Join(List.of(cluster.spec(group)));
        assertEquals(new Outcome.Ok(), cluster.ask(1, join));
        cluster.run(100);
    }

    private static int anyOf(LaneCluster cluster, long group) {
        return wanted(cluster).entrySet().stream()
                .filter(shard -> shard.getValue() == group)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    @Test
    @Tag("kb-49")
    void nodesThatCrashWhileShardsMoveLeaveNoShardWithTwoOwnersOrNone() {
        LaneCluster cluster = started();
        cluster.createGroup(2);
        cluster.createGroup(3);
        cluster.run(500);
        List<Command> changes = new ArrayList<>();
        changes.add(new Command.Join(List.of(cluster.spec(2))));
        changes.add(new Command.Join(List.of(cluster.spec(3))));
        changes.add(new Command.Leave(List.of(1L)));
        changes.add(new Command.Join(List.of(cluster.spec(1))));
        int turn = 0;
        for (Command change : changes) {
            long node = 1L + turn % 3;
            assertEquals(new Outcome.Ok(), cluster.ask(node, change));
            cluster.run(turn * 4);
            cluster.disk(node).engine.flushSome(turn * 5);
            cluster.crash(node);
            for (int i = 0; i < 300; i++) {
                cluster.run(1);
                owners(cluster, 3);
            }
            cluster.restart(node);
            cluster.learn(node);
            turn++;
        }
        cluster.run(500);
        assertTrue(settles(cluster, 3));
        assertEquals(3, new TreeSet<>(owners(cluster, 3).values()).size());
        for (int i = 0; i < 20; i++) {
            Command put = Command.Put.of(Bytes.utf8("key" + i), Bytes.utf8("v"));
            assertEquals(new Outcome.Ok(), cluster.ask(1 + i % 3, put));
        }
    }

    /** A late copy of a promise, asked for a config in between, takes a shard from its owner. */
    @Test
    @Tag("kb-49")
    void aShardLostToALateStepComesBack() {
        LaneCluster cluster = started();
        for (long group = 2; group <= 3; group++) {
            cluster.createGroup(group);
            cluster.run(500);
            Command join = new Command.Join(List.of(cluster.spec(group)));
            assertEquals(new Outcome.Ok(), cluster.ask(1, join));
            cluster.run(500);
        }
        assertTrue(settles(cluster, 3));
        int kept = anyOf(cluster, 1);
        Outcome outcome = cluster.await(cluster.begin(1, 1, new Command.GiveUp(kept, 2)));
        assertInstanceOf(Outcome.GivenUp.class, outcome);
        assertFalse(isSettled(cluster, 3));
        assertTrue(settles(cluster, 3));
    }
}
