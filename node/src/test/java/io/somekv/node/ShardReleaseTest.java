package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.Incoming;
import io.somekv.kv.RowKind;
import io.somekv.kv.ShardStatus;
import io.somekv.kv.ShardView;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.MembershipChange;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A source drops its rows of a shard once they were compared with what came of them. */
class ShardReleaseTest {
    private static final Bytes KEY = Bytes.utf8("key");
    private static final Bytes STORED = Bytes.utf8("\u0010a value");
    private static final Bytes ROTTEN = Bytes.utf8("\u0010b value");
    private static final long SOURCE = 1;
    private static final long TARGET = 2;
    private static final int MINUTE_TICKS = 12_000;

    private final LaneCluster cluster = new LaneCluster(3);

    private ShardView shards(long group) {
        return cluster.status(group).shards();
    }

    private Optional<Incoming> incoming() {
        return shards(TARGET).incoming().stream().findFirst();
    }

    private boolean isAtRest() {
        return incoming().isEmpty() && shards(SOURCE).outgoing().isEmpty();
    }

    /** Until a piece of the shard's only key has come to the group that is to own it. */
    private void stage() {
        cluster.start(1, 1);
        cluster.run(500);
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(KEY, Bytes.utf8("a value"))));
        cluster.createGroup(TARGET);
        cluster.run(500);
        assertEquals(
                new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(TARGET)))));
        cluster.ask(1, new Command.Move(0, TARGET));
        for (int i = 0; i < 4000 && incoming().isEmpty(); i++) {
            cluster.run(1);
        }
        assertTrue(incoming().isPresent());
    }

    /** The row of a leader's replica is another one, and no log says so. */
    private void alter(long node, Bytes from, Bytes to) {
        MemoryEngine engine = cluster.disk(node).engine;
        Incoming move = incoming().orElseThrow();
        Bytes rest = new ByteWriter(10).u16(0).i64(move.config()).toBytes();
        long store =
                engine.stores().stream()
                        .filter(id -> engine.get(incomingRow(id, rest)).isPresent())
                        .findFirst()
                        .orElseThrow();
        Bytes row = EngineKey.of(store, 0, move.generation(), RowKind.KEY, KEY);
        assertEquals(Optional.of(from), engine.get(row));
        WriteBatch batch = new WriteBatch(store, engine.applied(store));
        batch.put(row, to);
        engine.apply(batch);
    }

    private static Bytes incomingRow(long store, Bytes rest) {
        return EngineKey.of(store, EngineKey.GROUP, 0, RowKind.INCOMING, rest);
    }

    private void runUntilDiffers() {
        for (int i = 0; i < 4000 && !isDiffering(); i++) {
            cluster.run(1);
        }
        assertTrue(isDiffering());
        cluster.run(1000);
        assertTrue(isDiffering());
        assertEquals(1, shards(SOURCE).outgoing().size());
    }

    private boolean isDiffering() {
        return incoming().filter(move -> move.state() == Incoming.State.DIFFERS).isPresent();
    }

    private void runUntilAtRest(int ticks) {
        for (int i = 0; i < ticks && !isAtRest(); i++) {
            cluster.run(1);
        }
        assertTrue(isAtRest());
    }

    @Test
    void whatIsTheSameIsReleased() {
        stage();
        runUntilAtRest(4000);
    }

    /** Reading as much as was copied takes other clients' time, too. */
    @Test
    void comparingKeepsToTheLimitOfCopying() {
        cluster.start(1, 1);
        cluster.run(500);
        Bytes large = Bytes.wrap(new byte[512 << 10]);
        for (int i = 0; i < 2; i++) {
            cluster.ask(1, Command.Put.of(Bytes.utf8("k" + i), large));
        }
        MoveTuning slow = MoveTuning.NONE.withBytesPerSecondMax(128 << 10);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.TuneMoves(slow)));
        cluster.createGroup(TARGET);
        cluster.run(500);
        cluster.ask(1, new Command.Join(List.of(cluster.spec(TARGET))));
        cluster.ask(1, new Command.Move(0, TARGET));
        for (int i = 0; i < 4000 && !isOwned(); i++) {
            cluster.run(1);
        }
        int compared = 0;
        for (; compared < 4000 && !isAtRest(); compared++) {
            cluster.run(1);
        }
        int seconds = compared * 5 / 1000;
        assertTrue(seconds >= 4 && seconds <= 9, () -> "eight seconds' worth in " + seconds);
    }

    private boolean isOwned() {
        return shards(TARGET).states().stream().anyMatch(ShardStatus::serving);
    }

    /** It is served meanwhile, as it is; and compared again. */
    @Test
    void whatIsDamagedIsNotReleasedUntilItIsRight() {
        stage();
        long leader = cluster.leaderOf(TARGET);
        alter(leader, STORED, ROTTEN);
        runUntilDiffers();
        assertEquals(
                new Outcome.Ok(),
                cluster.ask(1, Command.Put.of(Bytes.utf8("other"), Bytes.utf8("v"))));
        alter(leader, ROTTEN, STORED);
        runUntilAtRest(2 * MINUTE_TICKS);
    }

    /** Its answer comes when the replica that asked is no more, and its rows are gone. */
    @Test
    void whoWasRemovedMeanwhileJudgesNothing() {
        stage();
        long source = cluster.leaderOf(SOURCE);
        if (cluster.leaderOf(TARGET) == source) {
            assertEquals(new Outcome.Ok(), cluster.transfer(source, TARGET, 1 + source % 3));
        }
        cluster.network((from, to, frame) -> isDigest(frame) ? Fate.IS_HELD : Fate.ARRIVES);
        for (int i = 0; i < 4000 && cluster.heldCount() == 0; i++) {
            cluster.run(1);
        }
        assertEquals(1, cluster.heldCount());
        long asking = cluster.leaderOf(TARGET);
        cluster.change(asking, TARGET, new MembershipChange.Remove(asking));
        cluster.run(20);
        assertFalse(cluster.disk(asking).knows(TARGET));
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        cluster.releaseHeld();
        boolean hasDiffered = false;
        for (int i = 0; i < 4000 && !isAtRest(); i++) {
            cluster.run(1);
            hasDiffered |= isDiffering();
        }
        assertFalse(hasDiffered);
        assertTrue(isAtRest());
    }

    private static boolean isDigest(Frame frame) {
        return frame instanceof Frame.Reply reply && reply.outcome() instanceof Outcome.ShardDigest;
    }

    /** The replica that leads next has all that was handed over. */
    @Test
    void anotherLeaderComparesAtOnce() {
        stage();
        long leader = cluster.leaderOf(TARGET);
        alter(leader, STORED, ROTTEN);
        runUntilDiffers();
        long next = 1 + leader % 3;
        assertEquals(new Outcome.Ok(), cluster.transfer(leader, TARGET, next));
        runUntilAtRest(4000);
        assertEquals(next, cluster.leaderOf(TARGET));
    }
}
