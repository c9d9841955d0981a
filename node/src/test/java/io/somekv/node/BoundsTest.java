package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.BatchCodec;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.FrameCodec;
import io.somekv.raft.EntryId;
import io.somekv.raft.Now;
import io.somekv.raft.RaftConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens where a bound in bytes is reached (DESIGN §10). */
class BoundsTest {
    private static final int MIB = 1 << 20;

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(4, 1);
        cluster.run(500);
        return cluster;
    }

    private static Command put(String key, int size) {
        return Command.Put.of(Bytes.utf8(key), Bytes.wrap(new byte[size]));
    }

    /** Without a quorum nothing is executed, what comes is bounded, and it ends with the cause. */
    @Test
    @Tag("kb-36")
    @Tag("kb-37")
    void withoutAQuorumRequestsAreTurnedAwayBeforeMemoryIsFull() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(1);
        for (long node = 1; node <= 3; node++) {
            if (node != leader) {
                cluster.cutOff(node);
            }
        }
        List<Long> tokens = new ArrayList<>();
        Command put = put("k", MIB);
        for (int i = 0; i < 100; i++) {
            tokens.add(cluster.begin(leader, put));
        }
        cluster.run(1);
        assertAreTurnedAway(cluster, tokens);
        cluster.heal();
        assertTrue(cluster.comesToRest());
        assertEquals(new Outcome.Ok(), cluster.ask(leader, put("k", 1)));
    }

    private static void assertAreTurnedAway(LaneCluster cluster, List<Long> tokens) {
        int busy = 0;
        for (long token : tokens) {
            if (cluster.isAnswered(token)) {
                assertInstanceOf(Outcome.Busy.class, cluster.await(token));
                busy++;
            }
        }
        assertTrue(busy >= tokens.size() - Router.HELD_BYTES_MAX / MIB, "turned away: " + busy);
        assertTrue(busy < tokens.size());
    }

    /** Together, also where no group has more than it may hold of them by itself. */
    @Test
    @Tag("kb-36")
    @Tag("kb-37")
    void requestsForTheLeaderItselfAreTurnedAwayAsOthersAre() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(4, 2);
        cluster.run(500);
        long leader = cluster.leaderOf(1);
        if (cluster.leaderOf(2) != leader) {
            assertEquals(new Outcome.Ok(), cluster.transfer(cluster.leaderOf(2), 2, leader));
        }
        stallDisks(cluster);
        List<Long> tokens = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            long group = 1L + i % 2;
            Command put = put(keyOf(cluster, group), MIB);
            tokens.add(cluster.begin(leader, direct(group, i, put)));
        }
        cluster.run(1);
        assertAreTurnedAway(cluster, tokens);
        freeDisks(cluster);
        assertTrue(cluster.comesToRest());
    }

    /** The node looks after those that it has passed on to another lane of its own. */
    @Test
    @Tag("kb-37")
    void aRequestForTheLeaderItselfEndsSoonWhereNothingComesOfIt() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(1);
        stallDisks(cluster);
        long token = cluster.begin(leader, direct(1, 1, put("k", 1)));
        cluster.run(150);
        assertFalse(cluster.isAnswered(token));
        cluster.run(100);
        assertTrue(cluster.isAnswered(token));
        assertInstanceOf(Outcome.Unknown.class, cluster.await(token));
        freeDisks(cluster);
        assertTrue(cluster.comesToRest());
    }

    private static String keyOf(LaneCluster cluster, long group) {
        ShardConfig config = cluster.map(1).orElseThrow().config();
        int number = 0;
        while (config.owner(Slots.shardOf(Bytes.utf8("k" + number), config.shardCount()))
                != group) {
            number++;
        }
        return "k" + number;
    }

    private static Wish direct(long group, long sequence, Command command) {
        ClientId client = new ClientId(1, 1);
        RequestStamp stamp = new RequestStamp(client, sequence, 1, List.of(), 1L << 50);
        return new Wish(group, new Request(Optional.of(stamp), command), ReadMode.LEADER, true, 0);
    }

    private static void stallDisks(LaneCluster cluster) {
        for (long node = 1; node <= 3; node++) {
            cluster.stallDisk(node);
        }
    }

    private static void freeDisks(LaneCluster cluster) {
        for (long node = 1; node <= 3; node++) {
            cluster.freeDisk(node);
        }
    }

    @Test
    void aRequestTooLargeForAFrameIsRefusedAtOnce() {
        LaneCluster cluster = started();
        Outcome outcome = cluster.ask(1, put("k", FrameCodec.FRAME_SIZE_MAX));
        assertTrue(assertInstanceOf(Outcome.Invalid.class, outcome).message().contains("at most"));
    }

    /** Two of them make an entry, or an answer, that no frame could carry. */
    @Test
    void largeValuesTravelOneByOne() {
        LaneCluster cluster = started();
        for (long node = 1; node <= 3; node++) {
            List<Long> tokens = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                tokens.add(cluster.begin(node, put("{k}" + i, 15 * MIB)));
            }
            for (long token : tokens) {
                assertEquals(new Outcome.Ok(), cluster.await(token));
            }
        }
        List<Bytes> keys = List.of(Bytes.utf8("{k}1"), Bytes.utf8("{k}2"));
        for (long node = 1; node <= 3; node++) {
            Outcome both = cluster.ask(node, new Command.GetMany(keys));
            assertTrue(assertInstanceOf(Outcome.Invalid.class, both).message().contains("at most"));
            assertInstanceOf(
                    Outcome.Values.class,
                    cluster.ask(node, new Command.GetMany(keys.subList(0, 1))));
        }
        assertTrue(cluster.comesToRest());
    }

    /** They come together where several shards move into one group: the first are not paced. */
    @Test
    void largePiecesOfShardsTravelOneByOne() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(4, 2);
        cluster.run(500);
        int shard = cluster.map(1).orElseThrow().config().owners().indexOf(2L);
        long leader = cluster.leaderOf(1);
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tokens.add(cluster.begin(leader, 1, stage(shard, 13 * MIB)));
        }
        for (long token : tokens) {
            assertInstanceOf(Outcome.Refused.class, cluster.await(token));
        }
        assertTrue(cluster.comesToRest());
    }

    /** The second piece of a shard of which the first did not come. */
    private static Command stage(int shard, int size) {
        Outcome.ShardPiece piece =
                new Outcome.ShardPiece(
                        1, 0, 1, Bytes.wrap(new byte[size]), 0, CopyCursor.START, 0, 0, 0, 0);
        return new Command.Stage(shard, 9, 2, 1, piece);
    }

    /** Alone in its entry, whatever comes before and after it. */
    @Test
    void aWritePastWhatABatchTakesIsJoinedWithNoOther() {
        WriteQueue queue = new WriteQueue();
        List<Command> commands =
                List.of(
                        put("a", 1),
                        put("b", 5 * MIB),
                        put("c", 1),
                        stage(0, 5 * MIB),
                        put("d", 1));
        for (Command command : commands) {
            Request request = new Request(Optional.empty(), command);
            assertTrue(queue.add(request, (now, outcome, logTime) -> {}));
        }
        for (int i = 0; i < commands.size(); i++) {
            List<Request> batch = BatchCodec.decode(queue.propose(i));
            assertEquals(List.of(commands.get(i)), batch.stream().map(Request::command).toList());
            assertTrue(queue.appended(i, new EntryId(1, 1 + i)));
        }
        assertFalse(queue.hasGathered());
    }

    /** Shards that are copied are the lane's own business: they are bounded by themselves. */
    @Test
    void whatALaneAsksForItselfTurnsNoClientAway() {
        LaneConfig config =
                new LaneConfig(
                        0,
                        1,
                        1,
                        LaneCluster.storeOf(1),
                        1,
                        new ClientId(1, 1),
                        1,
                        1,
                        RaftConfig.defaults(),
                        10_000_000_000L,
                        KvMachine.PIECE_SIZE,
                        Collections.emptySet(),
                        LaneConfig.Care.NONE);
        Router router = new Router(config, new Places(1), new Outbox());
        Request large = new Request(Optional.empty(), stage(0, 22 * MIB));
        for (int i = 0; i < 3; i++) {
            router.ask(new Now(1, 1), 1, large, (now, outcome, logTime) -> {});
        }
        assertFalse(router.isIdle());
        assertTrue(router.hasRoom(new Request(Optional.empty(), put("k", MIB))));
    }

    @Test
    void weightsCountEveryByteOfKeysToo() {
        Bytes key = Bytes.wrap(new byte[60_000]);
        List<Command> commands =
                List.of(
                        new Command.Get(key),
                        new Command.GetMany(List.of(key)),
                        new Command.Delete(List.of(key)),
                        new Command.Increment(key, 1),
                        new Command.IncrementFloat(key, "1.5"),
                        new Command.Expire(key, Command.Expiry.NONE),
                        new Command.PutMany(List.of(new Command.KeyValue(key, Bytes.EMPTY))));
        for (Command command : commands) {
            assertTrue(
                    Weights.of(new Request(Optional.empty(), command)) > key.size(),
                    command.getClass().getSimpleName());
        }
    }

    /** What is answered leaves at once, though an older request still waits. */
    @Test
    void anAnsweredRequestCountsNoMoreThoughAnOlderOneWaits() {
        LaneCluster cluster = started();
        long stuck = cluster.begin(1, 99, new Command.IsPristine(0));
        for (int i = 0; i < 100; i++) {
            assertEquals(new Outcome.Ok(), cluster.ask(1, put("k", MIB)));
        }
        assertFalse(cluster.isAnswered(stuck));
    }

    /**
     * A follower that is slow and answers keeps the leader's log. What of it the engine has kept
     * need not be in memory: with many groups the caches of all would fill the heap.
     */
    @Test
    void whatTheEngineHasKeptLeavesTheCacheThoughAFollowerLacksIt() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(1);
        long slow = 1 + leader % 3;
        cluster.stallDisk(slow);
        for (int i = 0; i < 12; i++) {
            assertEquals(new Outcome.Ok(), cluster.ask(leader, put("k" + i, MIB)));
        }
        cluster.flush(leader, false);
        cluster.flush(leader, false);
        assertTrue(cluster.disk(leader).logBytes() > 12 * MIB, "the follower lacks it");
        assertEquals(0, cluster.disk(leader).readCount);
        cluster.freeDisk(slow);
        cluster.run(100);
        assertTrue(cluster.disk(leader).readCount > 0, "what is not in memory was read back");
        assertEquals(applied(cluster, leader), applied(cluster, slow));
    }

    private static long applied(LaneCluster cluster, long node) {
        return cluster.lane(node, 1).status(cluster.now()).getFirst().replica().applied();
    }
}
