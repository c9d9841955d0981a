package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.ShardStatus;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** An answer that is longer under way than an attempt lasts: a large value, on a slow link. */
class LateAnswerTest {
    private static final Bytes KEY = Bytes.utf8("k");
    private static final Bytes VALUE = Bytes.utf8("v");
    private static final int SECOND_TICKS = 200;

    private final LaneCluster cluster = new LaneCluster(3);
    private int calls;

    private void started() {
        cluster.start(1, 1);
        cluster.run(500);
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(KEY, VALUE)));
    }

    private long notLeader() {
        return cluster.leaderOf(1) % 3 + 1;
    }

    /** The first answer is held, and the others are lost. */
    private void onlyTheFirstAnswerComes(
            Predicate<Command> isMeant, Predicate<Outcome> isItsAnswer) {
        cluster.network((from, to, frame) -> {
            if (frame instanceof Frame.Call call && isMeant.test(call.request().command())) {
                calls++;
            }
            boolean isAnswer =
                    frame instanceof Frame.Reply reply && isItsAnswer.test(reply.outcome());
            if (!isAnswer) {
                return Fate.ARRIVES;
            }
            return cluster.heldCount() == 0 ? Fate.IS_HELD : Fate.IS_LOST;
        });
    }

    @Test
    void itEndsARead() {
        started();
        onlyTheFirstAnswerComes(
                command -> command instanceof Command.Get,
                outcome -> outcome instanceof Outcome.Value);
        long token = cluster.begin(notLeader(), new Command.Get(KEY));
        cluster.run(3 * SECOND_TICKS);
        assertEquals(1, cluster.heldCount());
        assertFalse(cluster.isAnswered(token));
        cluster.releaseHeld();
        cluster.run(1);
        assertTrue(cluster.isAnswered(token));
        assertEquals(new Outcome.Value(VALUE), cluster.await(token));
        assertTrue(cluster.comesToRest());
    }

    /** It was executed by then once more, as the same request: that is to say, not again. */
    @Test
    void itEndsAWriteThatIsExecutedOnce() {
        started();
        onlyTheFirstAnswerComes(
                command -> command instanceof Command.Append,
                outcome -> outcome instanceof Outcome.Int);
        long node = notLeader();
        long token = cluster.begin(node, new Command.Append(KEY, VALUE));
        cluster.run(SECOND_TICKS * 3 / 2);
        assertEquals(2, calls);
        cluster.releaseHeld();
        cluster.run(1);
        assertEquals(new Outcome.Int(2), cluster.await(token));
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        assertEquals(new Outcome.Int(2), cluster.ask(node, new Command.StringLength(KEY)));
        assertTrue(cluster.comesToRest());
    }

    @Test
    void aShardWithALargeValueMovesThoughItsPieceTakesLong() {
        started();
        Bytes large = Bytes.wrap(new byte[1 << 20]);
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(KEY, large)));
        cluster.createGroup(2);
        cluster.run(500);
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Join(List.of(cluster.spec(2)))));
        if (cluster.leaderOf(2) == cluster.leaderOf(1)) {
            assertEquals(new Outcome.Ok(), cluster.transfer(cluster.leaderOf(2), 2, notLeader()));
            cluster.run(100);
        }
        onlyTheFirstAnswerComes(
                command -> false,
                outcome ->
                        outcome instanceof Outcome.ShardPiece piece
                                && piece.rows().size() >= large.size());
        cluster.ask(1, new Command.Move(0, 2));
        int heldTicks = 0;
        for (int i = 0; i < 60 * SECOND_TICKS && !isMoved(); i++) {
            cluster.run(1);
            heldTicks = cluster.heldCount() == 0 ? 0 : heldTicks + 1;
            if (heldTicks > SECOND_TICKS * 13 / 10) {
                cluster.releaseHeld();
            }
        }
        assertTrue(isMoved());
        assertEquals(new Outcome.Value(large), cluster.ask(1, new Command.Get(KEY)));
    }

    private boolean isMoved() {
        return cluster.status(2).shards().states().stream().anyMatch(ShardStatus::serving);
    }
}
