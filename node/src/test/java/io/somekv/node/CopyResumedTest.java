package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.Incoming;
import io.somekv.kv.Outgoing;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.Slots;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A copy that was interrupted goes on from where it was, whatever configs came meanwhile. */
class CopyResumedTest {
    private static final int NODES = 3;
    private static final int SHARDS = 3;
    private static final int MOVED = 0;
    private static final int OTHER = 1;
    private static final long SOURCE = 1;
    private static final long TARGET = 2;
    private static final long THIRD = 3;

    /** Ticks of 5 ms. */
    private static final int SECOND = 200;

    private final LaneCluster cluster =
            new LaneCluster(NODES, LaneNodes.Setup.DEFAULT.withPieces(1));

    private void ask(Command command) {
        assertEquals(new Outcome.Ok(), cluster.ask(NODES, command));
    }

    private void join(long group, int nodes) {
        cluster.createGroup(group, nodes);
        cluster.run(500);
        List<GroupSpec.Replica> replicas = cluster.spec(group).replicas().subList(0, nodes);
        ask(new Command.Join(List.of(new GroupSpec(group, replicas))));
    }

    private void place(int shard, long group) {
        if (cluster.map(NODES).orElseThrow().config().owner(shard) != group) {
            ask(new Command.Move(shard, group));
        }
    }

    private Outgoing outgoing() {
        return cluster.status(SOURCE).shards().outgoing().getFirst();
    }

    private Incoming incoming() {
        return cluster.status(TARGET).shards().incoming().getFirst();
    }

    private boolean isMovedTo(long group) {
        return cluster.map(NODES).orElseThrow().served(MOVED).groupId() == group;
    }

    /** Some of the shard's many pieces have come to the target. */
    private Incoming copyHalfWay() {
        return copyHalfWay(NODES);
    }

    /** The target has replicas on the first so many nodes. */
    private Incoming copyHalfWay(int targetNodes) {
        cluster.start(SHARDS, 1);
        join(TARGET, targetNodes);
        join(THIRD, NODES);
        cluster.run(5 * SECOND);
        for (int shard = 0; shard < SHARDS; shard++) {
            place(shard, SOURCE);
        }
        cluster.run(5 * SECOND);
        String padding = "v".repeat(2_000);
        for (int i = 0, put = 0; put < 200; i++) {
            Bytes key = Bytes.utf8("key" + i);
            if (Slots.shardOf(key, SHARDS) == MOVED) {
                ask(Command.Put.of(key, Bytes.utf8(padding)));
                put++;
            }
        }
        ask(new Command.TuneMoves(MoveTuning.NONE.withBytesPerSecondMax(64 << 10)));
        ask(new Command.Move(MOVED, TARGET));
        for (int i = 0; i < 10 * SECOND && pieces() < 20; i++) {
            cluster.run(1);
        }
        assertTrue(pieces() >= 20);
        return incoming();
    }

    private long pieces() {
        List<Incoming> moves = cluster.status(TARGET).shards().incoming();
        return moves.isEmpty() ? 0 : moves.getFirst().pieces();
    }

    private void goesOnFrom(Incoming before) {
        for (int i = 0; i < 10 * SECOND && pieces() <= before.pieces() + 5; i++) {
            cluster.run(1);
        }
        assertEquals(before.copyId(), outgoing().copyId());
        assertEquals(before.generation(), incoming().generation());
        assertTrue(incoming().pieces() > before.pieces());
        settles();
    }

    private void settles() {
        ask(new Command.TuneMoves(MoveTuning.NONE.withBytesPerSecondMax(64L << 20)));
        comesTo(TARGET);
    }

    private void comesTo(long group) {
        for (int i = 0; i < 60 && !isMovedTo(group); i++) {
            cluster.run(SECOND);
        }
        assertTrue(isMovedTo(group));
    }

    @Test
    void afterAPauseInWhichAnotherShardMoved() {
        copyHalfWay();
        ask(new Command.TuneMoves(MoveTuning.pause(List.of(MOVED))));
        cluster.run(2 * SECOND);
        Incoming before = incoming();
        ask(new Command.Move(OTHER, THIRD));
        cluster.run(2 * SECOND);
        ask(new Command.TuneMoves(MoveTuning.resume(List.of(MOVED))));
        goesOnFrom(before);
    }

    @Test
    void underAnotherLeaderAfterAnotherShardMoved() {
        copyHalfWay();
        ask(new Command.Move(OTHER, THIRD));
        cluster.run(SECOND);
        long leader = cluster.leaderOf(TARGET);
        long next = leader % 3 + 1;
        assertEquals(new Outcome.Ok(), cluster.transfer(leader, TARGET, next));
        assertEquals(next, cluster.leaderOf(TARGET));
        goesOnFrom(incoming());
    }

    /** The target hears of it only once it is to have the shard again. */
    @Test
    void notWhereTheShardWasCopiedToAnotherGroupMeanwhile() {
        Incoming before = copyHalfWay();
        cluster.silence(TARGET);
        cluster.run(2 * SECOND);
        ask(new Command.Move(MOVED, THIRD));
        for (int i = 0; i < 10 * SECOND && outgoing().targetGroup() != THIRD; i++) {
            cluster.run(1);
        }
        assertEquals(THIRD, outgoing().targetGroup());
        ask(new Command.Move(MOVED, TARGET));
        cluster.heal();
        cluster.run(5 * SECOND);
        assertNotEquals(before.copyId(), outgoing().copyId());
        settles();
    }

    /**
     * The source has the shard from a later config on, and copies it for that of before no more.
     */
    @Test
    void notWhereTheShardWasElsewhereAndCameBackWhileTheTargetWasDown() {
        copyHalfWay(1);
        cluster.crash(1);
        ask(new Command.TuneMoves(MoveTuning.NONE.withBytesPerSecondMax(64L << 20)));
        for (long group : List.of(THIRD, SOURCE)) {
            ask(new Command.Move(MOVED, group));
            comesTo(group);
        }
        ask(new Command.Move(MOVED, TARGET));
        cluster.restart(1);
        cluster.learn(1);
        settles();
    }
}
