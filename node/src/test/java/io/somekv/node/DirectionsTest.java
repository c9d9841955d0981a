package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.ShardStatus;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Where clients that know of the cluster are sent: to leaders, and never in a circle. */
class DirectionsTest {
    private static final int SHARDS = 16;
    private static final int LANES = LaneCluster.LANES;

    /** Ticks after which a shard that does not move has settled. */
    private static final int SETTLED = 800;

    private final LaneCluster cluster = new LaneCluster(3);

    private void start() {
        cluster.start(SHARDS, 2);
        cluster.run(SETTLED);
    }

    /** One of a group's keys. */
    private Command.Get get(long group) {
        ShardConfig config = cluster.map(1).orElseThrow().config();
        for (int i = 0; ; i++) {
            Bytes key = Bytes.utf8("k" + i);
            if (config.owner(Slots.shardOf(key, SHARDS)) == group) {
                return new Command.Get(key);
            }
        }
    }

    private long elsewhere(long node, int lane, Command.Keyed command) {
        return cluster.lane(node, lane).directions().elsewhere(command, ReadMode.LEADER);
    }

    private void assertSentTo(long leader, Command.Keyed command) {
        for (long node = 1; node <= 3; node++) {
            for (int lane = 0; lane < LANES; lane++) {
                assertEquals(node == leader ? 0 : leader, elsewhere(node, lane, command));
            }
        }
    }

    @Test
    void everyLaneOfEveryNodeSendsToTheLeader() {
        start();
        for (long group = 1; group <= 2; group++) {
            for (long next = 1; next <= 3; next++) {
                cluster.transfer(cluster.leaderOf(group), group, next);
                cluster.run(50);
                assertEquals(next, cluster.leaderOf(group));
                assertSentTo(next, get(group));
            }
        }
    }

    @Test
    void aFollowerKeepsReadsThatItMayAnswerAndNoOthers() {
        start();
        Command.Get get = get(1);
        long leader = cluster.leaderOf(1);
        long follower = 1 + leader % 3;
        for (int lane = 0; lane < LANES; lane++) {
            Directions directions = cluster.lane(follower, lane).directions();
            assertEquals(0, directions.elsewhere(get, ReadMode.LOCAL));
            assertEquals(0, directions.elsewhere(get, ReadMode.stale(5)));
            Command.Keyed put = Command.Put.of(get.key(), get.key());
            assertEquals(leader, directions.elsewhere(put, ReadMode.LOCAL));
        }
    }

    @Test
    void nobodyIsSentToANodeThatIsNotReached() {
        start();
        long leader = cluster.leaderOf(1);
        long follower = 1 + leader % 3;
        cluster.connection(follower, leader, false);
        cluster.run(1);
        for (int lane = 0; lane < LANES; lane++) {
            assertEquals(0, elsewhere(follower, lane, get(1)));
        }
    }

    @Test
    void withoutALeaderNobodyIsSentAnywhere() {
        cluster.start(SHARDS, 2);
        // Not so long that the group goes quiet, and misses nobody.
        cluster.run(100);
        cluster.silence(1);
        cluster.run(1_000);
        for (long node = 1; node <= 3; node++) {
            for (int lane = 0; lane < LANES; lane++) {
                assertEquals(0, elsewhere(node, lane, get(1)), "node " + node + " lane " + lane);
            }
        }
    }

    /** At every moment of transfers and elections, from whichever lane a client begins. */
    @Test
    void nobodyIsSentInACircle() {
        start();
        Command.Keyed get = get(1);
        int sent = 0;
        for (int turn = 0; turn < 12; turn++) {
            long leader = cluster.leaderOf(1);
            if (turn % 4 == 3) {
                cluster.silence(1);
            } else if (leader != 0) {
                cluster.transfer(leader, 1, 1 + (leader + turn) % 3);
            }
            for (int tick = 0; tick < 100; tick++) {
                for (long node = 1; node <= 3; node++) {
                    sent += follow(new ArrayList<>(List.of(node)), get);
                }
                cluster.run(1);
            }
            cluster.heal();
            cluster.run(400);
        }
        assertTrue(sent > 1_000, "sent " + sent);
    }

    /** The new owner has the shard, and does not hear from the shard master that it has. */
    @Test
    void nobodyIsSentInACircleByAShardThatMoved() {
        start();
        for (long group = 0; group <= 2; group++) {
            cluster.transfer(cluster.leaderOf(group), group, group == 0 ? 3 : group);
        }
        cluster.run(SETTLED);
        Command.Get get = get(1);
        long before = shardsServed(2);
        Command move = new Command.Move(Slots.shardOf(get.key(), SHARDS), 2);
        assertInstanceOf(Outcome.Ok.class, cluster.ask(3, move));
        while (shardsServed(2) == before) {
            cluster.run(1);
        }
        cluster.cut(3, 2);
        int sent = 0;
        for (int tick = 0; tick < 2 * SETTLED; tick++) {
            for (long node = 1; node <= 3; node++) {
                sent += follow(new ArrayList<>(List.of(node)), get);
            }
            cluster.run(1);
        }
        assertTrue(sent > SETTLED, "sent " + sent);
    }

    /** By the replica on the node of the same number. */
    private long shardsServed(long group) {
        return cluster.lane(group, group).status(cluster.now()).stream()
                .filter(status -> status.groupId() == group)
                .flatMap(status -> status.shards().states().stream())
                .filter(ShardStatus::serving)
                .count();
    }

    /** Goes on to where any lane of the last node sends. */
    private int follow(List<Long> path, Command.Keyed command) {
        int sent = 0;
        long last = path.getLast();
        for (int lane = 0; lane < LANES; lane++) {
            long next = elsewhere(last, lane, command);
            if (next != 0) {
                assertFalse(path.contains(next), () -> path + " goes on to " + next);
                path.add(next);
                sent += 1 + follow(path, command);
                path.removeLast();
            }
        }
        return sent;
    }

    @Test
    void aNodeWithoutAReplicaSendsToWhoHasAnsweredAndAsksAnewNowAndThen() {
        LaneCluster four = new LaneCluster(4);
        four.createGroup(0);
        four.createGroup(1, 3);
        four.startOn(3, SHARDS);
        four.run(SETTLED);
        Command.Get get = new Command.Get(Bytes.utf8("k"));
        Directions directions = four.lane(4, 0).directions();
        assertEquals(0, directions.elsewhere(get, ReadMode.LEADER));
        assertEquals(new Outcome.Nil(), four.ask(4, get));
        long leader = four.leaderOf(1);
        int sent = 0;
        while (directions.elsewhere(get, ReadMode.LOCAL) == leader) {
            sent++;
        }
        assertEquals(100, sent);
        assertEquals(new Outcome.Nil(), four.ask(4, get));
        assertEquals(leader, directions.elsewhere(get, ReadMode.LEADER));
    }

    @Test
    void theServingMapHasALeaderOfEveryShardAndItsFollowers() {
        assertTrue(cluster.lane(1, 0).directions().serving().isEmpty());
        start();
        for (int lane = 0; lane < LANES; lane++) {
            ServingMap map = cluster.lane(2, lane).directions().serving().orElseThrow();
            assertEquals(List.of(1L, 2L, 3L), map.upNodes());
            for (int shard = 0; shard < SHARDS; shard++) {
                long group = map.servingGroups().get(shard);
                assertEquals(map.map().config().owner(shard), group);
                assertEquals(cluster.leaderOf(group), map.leaderOf(shard));
            }
            map.groups()
                    .forEach((group, replicas) -> {
                        assertTrue(replicas.isLeaderKnown());
                        assertEquals(2, replicas.followers().size());
                        assertFalse(replicas.followers().contains(replicas.leader()));
                    });
        }
    }

    @Test
    void aLeaderThatIsNotReachedIsShownNoLonger() {
        start();
        long leader = cluster.leaderOf(1);
        long follower = 1 + leader % 3;
        cluster.connection(follower, leader, false);
        cluster.run(1);
        ServingMap map = cluster.lane(follower, 0).directions().serving().orElseThrow();
        ServingMap.Replicas replicas = Objects.requireNonNull(map.groups().get(1L));
        assertFalse(replicas.isLeaderKnown());
        assertNotEquals(leader, replicas.leader());
        assertFalse(map.upNodes().contains(leader));
    }
}
