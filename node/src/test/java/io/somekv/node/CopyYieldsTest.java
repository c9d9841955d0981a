package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.ShardStatus;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A shard is copied more slowly where clients are served, at either end. */
class CopyYieldsTest {
    private static final int SHARDS = 3;
    private static final int MOVED = 0;
    private static final int AT_SOURCE = 1;
    private static final int AT_TARGET = 2;
    private static final int NOWHERE = -1;
    private static final long TARGET = 2;

    /**
     * Ticks until a shard is served by another group, while each tick a client writes to one. Each
     * piece takes a tick.
     */
    private static int ticksToMove(int shardOfClients) {
        LaneCluster cluster = new LaneCluster(3, LaneNodes.Setup.DEFAULT.withPieces(60));
        cluster.start(SHARDS, 1);
        cluster.createGroup(TARGET);
        cluster.run(500);
        cluster.ask(1, new Command.Join(List.of(cluster.spec(TARGET))));
        cluster.ask(1, new Command.Move(MOVED, 1));
        cluster.ask(1, new Command.Move(AT_SOURCE, 1));
        cluster.ask(1, new Command.Move(AT_TARGET, TARGET));
        cluster.run(1_000);
        for (Bytes key : keysOf(MOVED, 400)) {
            assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(key, key)));
        }
        lead(cluster, 1, 2);
        lead(cluster, TARGET, 3);
        cluster.run(4_000);
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Call call
                                && call.request().command() instanceof Command.ReadShard
                        ? Fate.IS_HELD
                        : Fate.ARRIVES);
        cluster.ask(1, new Command.Move(MOVED, TARGET));
        Bytes asked = keysOf(Math.max(0, shardOfClients), 1).getFirst();
        int ticks = 0;
        for (; ticks < 20_000 && !isServed(cluster); ticks++) {
            if (shardOfClients != NOWHERE) {
                cluster.begin(1, Command.Put.of(asked, asked));
            }
            cluster.run(1);
            cluster.releaseHeld();
        }
        assertTrue(isServed(cluster));
        return ticks;
    }

    private static void lead(LaneCluster cluster, long group, long node) {
        if (cluster.leaderOf(group) != node) {
            cluster.transfer(cluster.leaderOf(group), group, node);
        }
    }

    private static List<Bytes> keysOf(int shard, int count) {
        List<Bytes> keys = new ArrayList<>();
        for (int i = 0; keys.size() < count; i++) {
            Bytes key = Bytes.utf8("key" + i);
            if (Slots.shardOf(key, SHARDS) == shard) {
                keys.add(key);
            }
        }
        return keys;
    }

    private static boolean isServed(LaneCluster cluster) {
        return cluster.status(TARGET).shards().states().stream()
                .filter(state -> state.shard() == MOVED)
                .anyMatch(ShardStatus::serving);
    }

    @Test
    void toClientsOfTheGroupThatTheShardIsCopiedFromAndOfTheOneItIsCopiedTo() {
        int alone = ticksToMove(NOWHERE);
        int source = ticksToMove(AT_SOURCE);
        int target = ticksToMove(AT_TARGET);
        assertTrue(source > 2 * alone, () -> alone + " and " + source + " ticks");
        assertTrue(target > 2 * alone, () -> alone + " and " + target + " ticks");
    }
}
