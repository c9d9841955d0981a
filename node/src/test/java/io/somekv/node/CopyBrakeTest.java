package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Now;
import org.junit.jupiter.api.Test;

/** Writes to a shard never come faster than they are copied for long. */
class CopyBrakeTest {
    private static final int SHARD = 3;
    private static final int MANY = ShardTransfer.FEW_CHANGES_MAX + 1;

    private final CopyBrake brake = new CopyBrake();

    private static Now at(long millis) {
        return new Now(millis * 1_000_000, 0);
    }

    private static Outcome.ShardPiece piece(CopyCursor next, long freeze, int changes, int left) {
        return new Outcome.ShardPiece(1, freeze, 0, Bytes.EMPTY, 0, next, changes, left, 0, 0);
    }

    private void copied(long millis, int rows, int left) {
        brake.onPiece(at(millis), SHARD, piece(CopyCursor.START.toChanges(), 0, rows, left));
    }

    private int passing(long millis, int wanted) {
        int passed = 0;
        for (int i = 0; i < wanted; i++) {
            passed += brake.mayPass(at(millis), SHARD, 1) ? 1 : 0;
        }
        return passed;
    }

    @Test
    void halfAsManyPassAsWereCopied() {
        copied(0, 100, MANY);
        assertEquals(50, passing(1, 1_000));
        copied(10, 30, MANY);
        assertEquals(15, passing(11, 1_000));
        assertTrue(brake.mayPass(at(11), SHARD + 1, 1), "another shard is not slowed down");
    }

    /** Where a piece holds one key only, a write passes after each other one. */
    @Test
    void fewerAreLeftHoweverSmallThePieces() {
        int left = 1_000;
        for (int piece = 0; piece < 2_000; piece++) {
            left--;
            copied(piece, 1, left);
            if (left <= ShardTransfer.FEW_CHANGES_MIN) {
                return;
            }
            left += passing(piece, 10);
        }
        fail("it is never caught up with: " + left);
    }

    @Test
    void aWriteOfManyKeysPassesAndOthersWaitTheLonger() {
        copied(0, 100, MANY);
        assertTrue(brake.mayPass(at(1), SHARD, 130));
        assertEquals(0, passing(1, 10));
        copied(10, 100, MANY);
        assertEquals(0, passing(11, 10));
        copied(20, 100, MANY);
        assertEquals(20, passing(21, 1_000));
    }

    /** What was not used does not pile up: it would come at once. */
    @Test
    void whatPassesIsBounded() {
        for (int i = 0; i < 10; i++) {
            copied(i, 100, MANY);
        }
        assertEquals(100, passing(10, 1_000));
    }

    @Test
    void nobodyWaitsBeforeAllRowsAreCopied() {
        brake.onPiece(at(0), SHARD, piece(CopyCursor.START, 0, 0, MANY));
        assertEquals(100, passing(0, 100));
        copied(1, 2, MANY);
        assertEquals(1, passing(1, 100));
        brake.onPiece(at(2), SHARD, piece(CopyCursor.START, 0, 0, MANY));
        assertEquals(100, passing(2, 100), "a copy that begins anew");
    }

    /** Else all who had to wait would come at once, before the shard is frozen. */
    @Test
    void onceFewAreLeftAFewMayComeWithEachPiece() {
        copied(0, 100, MANY);
        copied(1, 100, ShardTransfer.FEW_CHANGES_MAX);
        assertEquals(ShardTransfer.FEW_CHANGES_MAX, passing(1, 1_000));
        copied(2, 6, 0);
        assertEquals(ShardTransfer.FEW_CHANGES_MAX, passing(2, 1_000), "however few came since");
    }

    @Test
    void fewIsAboutAPieceOfThem() {
        copied(0, 10, 10);
        assertTrue(brake.isOff());
        copied(0, 10, 11);
        assertEquals(5, passing(0, 1_000));
        copied(1, 10, 10);
        assertEquals(10, passing(1, 1_000));
    }

    /** The last piece of rows, or the first after a freeze: nobody knows yet what a piece holds. */
    @Test
    void anEmptyPieceSlowsNobodyDown() {
        copied(0, 0, MANY);
        assertTrue(brake.isOff());
        copied(1, 100, MANY);
        copied(2, 0, MANY);
        assertEquals(ShardTransfer.FEW_CHANGES_MAX, passing(2, 1_000));
    }

    @Test
    void whereFewWereLeftAllTheTimeNobodyWaits() {
        copied(0, 100, ShardTransfer.FEW_CHANGES_MAX);
        copied(1, 100, ShardTransfer.FEW_CHANGES_MAX);
        assertEquals(1_000, passing(1, 1_000));
    }

    /** The freeze itself holds writes then, and what it leaves behind is to pass. */
    @Test
    void nobodyWaitsOnAccountOfAFreeze() {
        copied(0, 1, MANY);
        brake.onPiece(at(1), SHARD, piece(CopyCursor.START.toChanges(), 7, 1, MANY));
        assertEquals(100, passing(1, 100));
    }

    /** Whoever copied may be gone. */
    @Test
    void nobodyWaitsWhereNothingIsCopiedAnyMore() {
        copied(0, 2, MANY);
        assertEquals(1, passing(200, 10));
        assertEquals(10, passing(201, 10));
    }

    /** Although some have passed meanwhile. */
    @Test
    void wherePiecesComeSlowlyWritesWaitForThem() {
        copied(0, 2, MANY);
        assertEquals(10, passing(300, 10));
        copied(400, 2, MANY);
        assertEquals(2, passing(1_900, 10));
        assertEquals(10, passing(2_001, 10));
    }

    @Test
    void nobodyWaitsForTwoSecondsHoweverSlowly() {
        copied(0, 2, MANY);
        copied(60_000, 2, MANY);
        assertEquals(2, passing(62_000, 10));
        assertEquals(10, passing(62_001, 10));
    }
}
