package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A shard that is written to faster than it is copied moves all the same. */
class CopyOutrunTest {
    private static final long SOURCE = 1;
    private static final long TARGET = 2;

    /** Far more than could be copied if nobody waited; each is begun when one before has ended. */
    private static final int CLIENTS = 8;

    private static final int KEYS = 100;

    /** Ticks of 5 ms: two minutes. */
    private static final int TICKS_MAX = 24_000;

    /** A piece of changes holds some twenty keys, one of rows a fourth of that. */
    private final LaneCluster cluster = new LaneCluster(3, LaneNodes.Setup.DEFAULT.withPieces(100));

    private final ArrayDeque<Long> writes = new ArrayDeque<>();
    private int written;

    private void started() {
        cluster.start(1, 1);
        cluster.run(500);
        cluster.createGroup(TARGET);
        cluster.run(500);
        write();
        cluster.run(100);
        assertEquals(
                new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(TARGET)))));
        long source = cluster.leaderOf(SOURCE);
        if (cluster.leaderOf(TARGET) == source) {
            cluster.transfer(source, TARGET, source % 3 + 1);
            cluster.run(200);
        }
        assertTrue(cluster.leaderOf(TARGET) != cluster.leaderOf(SOURCE));
    }

    private void write() {
        while (!writes.isEmpty() && cluster.isAnswered(writes.getFirst())) {
            assertEquals(new Outcome.Ok(), cluster.await(writes.removeFirst()));
        }
        while (writes.size() < CLIENTS) {
            Bytes key = Bytes.utf8("key" + written++ % KEYS);
            writes.addLast(cluster.begin(1, Command.Put.of(key, Bytes.utf8("value"))));
        }
    }

    private boolean isMoved() {
        return cluster.map(1).orElseThrow().served(0).groupId() == TARGET;
    }

    private boolean areRowsCopied() {
        return cluster.status(TARGET).shards().incoming().stream()
                .anyMatch(move -> move.cursor().part() != CopyCursor.Part.ROWS);
    }

    /**
     * Questions for pieces of changes arrive only every so many ticks, those for the smaller ones
     * of rows four times as often.
     */
    private void movesWithPieces(int ticks) {
        started();
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Call call
                                && call.request().command() instanceof Command.ReadShard
                        ? Fate.IS_HELD
                        : Fate.ARRIVES);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Move(0, TARGET)));
        for (int tick = 0; tick < TICKS_MAX && !isMoved(); tick++) {
            write();
            cluster.run(1);
            if (tick % (areRowsCopied() ? ticks : ticks / 4) == 0) {
                cluster.releaseHeld();
            }
        }
        assertTrue(isMoved(), written + " writes came in between");
    }

    @Test
    void movesThoughItIsWrittenToFaster() {
        movesWithPieces(4);
    }

    /** Longer than a brake is held without knowing how slow it goes. */
    @Test
    void movesThoughPiecesAreFarBetween() {
        movesWithPieces(60);
    }
}
