package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.kv.KvMachine;
import io.somekv.raft.Now;
import org.junit.jupiter.api.Test;

class TransferBudgetTest {
    private static final long MILLISECOND = 1_000_000;
    private static final int PIECE = KvMachine.PIECE_SIZE;
    private static final long FAST = 1L << 40;

    private final TransferBudget budget = new TransferBudget();
    private long nanos = 1_000_000 * MILLISECOND;

    /** Copies a piece that takes so long, and returns how long it rests; looks each millisecond. */
    private long rests(long tookMillis, int bytes, long bytesPerSecond) {
        nanos += tookMillis * MILLISECOND;
        budget.spend(new Now(nanos, 0), bytes, tookMillis * MILLISECOND, bytesPerSecond);
        long begun = nanos;
        while (!budget.mayGoOn(new Now(nanos, 0))) {
            nanos += MILLISECOND;
        }
        return (nanos - begun) / MILLISECOND;
    }

    /** Over so many pieces, in milliseconds: what may be spent at once counts little then. */
    private long restsOver(int pieces, long tookMillis, int bytes, long bytesPerSecond) {
        long rests = 0;
        for (int i = 0; i < pieces; i++) {
            rests += rests(tookMillis, bytes, bytesPerSecond);
        }
        return rests / pieces;
    }

    @Test
    void takesHalfOfTheTimeWhereNobodyElseIsBusy() {
        long rests = restsOver(100, 5, PIECE, FAST);
        assertTrue(rests >= 4 && rests <= 6, () -> "rests " + rests + " ms");
    }

    @Test
    void takesAnEighthOfTheTimeWhereClientsAreServed() {
        budget.traffic().count(new Now(nanos, 0), 1, 1_000);
        nanos += 1_000 * MILLISECOND;
        budget.traffic().count(new Now(nanos, 0), 1, 1_100);
        long rests = restsOver(100, 5, PIECE, FAST);
        assertTrue(rests >= 34 && rests <= 36, () -> "rests " + rests + " ms");
    }

    @Test
    void restsLongerInTheMeasureByWhichAPieceTookLonger() {
        restsOver(100, 5, PIECE, FAST);
        long rests = restsOver(20, 20, PIECE, FAST);
        assertTrue(rests >= 76 && rests <= 82, () -> "rests " + rests + " ms");
    }

    @Test
    void goesOnHoweverBusyOthersAre() {
        restsOver(100, 1, PIECE, FAST);
        long rests = restsOver(10, 100, PIECE, FAST);
        assertTrue(rests > 1_000 && rests <= 1_600, () -> "rests " + rests + " ms");
    }

    /** Which may be many times as long as one takes; nobody was busy with it meanwhile. */
    @Test
    void afterAPieceThatWaitedForAnElectionItSoonGoesOn() {
        restsOver(100, 1, PIECE, FAST);
        long rests = rests(10_000, PIECE, FAST);
        assertTrue(rests >= 1_900 && rests <= 2_000, () -> "rests " + rests + " ms");
    }

    @Test
    void takesHalfOfTheTimeWhereClientsWaitHoweverSlowItIs() {
        restsOver(100, 1, PIECE, FAST);
        long begun = nanos;
        for (int i = 0; i < 10; i++) {
            nanos += 100 * MILLISECOND;
            budget.spendHurriedly(new Now(nanos, 0), PIECE, 100 * MILLISECOND);
            while (!budget.mayGoOn(new Now(nanos, 0))) {
                nanos += MILLISECOND;
            }
        }
        long took = (nanos - begun) / MILLISECOND;
        assertTrue(took >= 1_900 && took <= 2_000, () -> "took " + took + " ms");
    }

    @Test
    void aShortPieceDoesNotMakeWholeOnesSeemSlow() {
        restsOver(100, 5, PIECE, FAST);
        assertTrue(rests(1, 100, FAST) <= 1);
        long rests = restsOver(100, 5, PIECE, FAST);
        assertTrue(rests >= 4 && rests <= 6, () -> "rests " + rests + " ms");
    }

    /** Rows are read faster than they are copied. */
    @Test
    void comparingDoesNotMakePiecesSeemSlow() {
        restsOver(100, 5, PIECE, FAST);
        nanos += MILLISECOND;
        budget.spendComparing(new Now(nanos, 0), PIECE, MILLISECOND, FAST);
        long rests = restsOver(100, 5, PIECE, FAST);
        assertTrue(rests >= 4 && rests <= 6, () -> "rests " + rests + " ms");
    }

    @Test
    void noMoreThanSoManyBytesASecond() {
        long rests = restsOver(50, 1, PIECE, 8 * PIECE);
        assertTrue(rests >= 120 && rests <= 125, () -> "rests " + rests + " ms");
    }

    @Test
    void promptIsAtMostTwiceAsLongAsTheFastestPieceOrThirtyMilliseconds() {
        restsOver(10, 5, PIECE, FAST);
        assertTrue(budget.isPrompt(30 * MILLISECOND));
        assertFalse(budget.isPrompt(31 * MILLISECOND));
        TransferBudget far = new TransferBudget();
        far.spend(new Now(nanos, 0), PIECE, 40 * MILLISECOND, FAST);
        assertTrue(far.isPrompt(80 * MILLISECOND));
        assertFalse(far.isPrompt(81 * MILLISECOND));
    }

    /** Where groups are far from each other, and no shard is large. */
    @Test
    void promptIsTwiceAsLongAsTheFastestPieceOfWhateverSize() {
        restsOver(10, 200, 100, FAST);
        restsOver(3, 150, 100, FAST);
        assertTrue(budget.isPrompt(300 * MILLISECOND));
        assertFalse(budget.isPrompt(310 * MILLISECOND));
    }

    /** A lane that has copied small shards only, however many, knows when one is slow. */
    @Test
    void smallPiecesDoNotMakeEverythingPrompt() {
        restsOver(5_000, 1, 100, FAST);
        assertTrue(budget.isPrompt(30 * MILLISECOND));
        assertFalse(budget.isPrompt(31 * MILLISECOND));
    }
}
