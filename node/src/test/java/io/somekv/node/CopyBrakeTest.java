package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Now;
import org.junit.jupiter.api.Test;

/** Writes to a shard never come faster than they are copied for long. */
class CopyBrakeTest {
    private static final int SHARD = 3;
    private static final int MANY = ShardTransfer.CHANGES_LEFT_MAX + 1;

    private final CopyBrake brake = new CopyBrake();

    private static Now at(long millis) {
        return new Now(millis * 1_000_000, 0);
    }

    /** A piece of so many keys that have gone. */
    private static Outcome.ShardPiece piece(CopyCursor next, long freeze, int rows, int left) {
        ByteWriter out = new ByteWriter().u8(2);
        for (int i = 0; i < rows; i++) {
            out.u8(0).bytes(Bytes.utf8("key" + i));
        }
        return new Outcome.ShardPiece(1, freeze, 0, out.toBytes(), 0, next, left, 0);
    }

    private void copied(long millis, int rows, int left) {
        brake.onPiece(at(millis), SHARD, piece(CopyCursor.START.toChanges(), 0, rows, left));
    }

    private int passing(long millis, int wanted) {
        int passed = 0;
        for (int i = 0; i < wanted; i++) {
            passed += brake.mayPass(at(millis), SHARD) ? 1 : 0;
        }
        return passed;
    }

    @Test
    void halfAsManyPassAsWereCopied() {
        copied(0, 100, MANY);
        assertEquals(50, passing(1, 1_000));
        copied(10, 30, MANY);
        assertEquals(15, passing(11, 1_000));
        assertTrue(brake.mayPass(at(11), SHARD + 1), "another shard is not slowed down");
    }

    /** Where a piece holds one key only, a write passes after each other one. */
    @Test
    void fewerAreLeftHoweverSmallThePieces() {
        int left = 1_000;
        for (int piece = 0; piece < 1_900; piece++) {
            left--;
            copied(piece, 1, left);
            if (brake.isOff()) {
                return;
            }
            left += passing(piece, 10);
        }
        fail("it is never caught up with: " + left);
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
    void nobodyWaitsBeforeAllRowsAreCopiedOrOnceFewChangesAreLeft() {
        brake.onPiece(at(0), SHARD, piece(CopyCursor.START, 0, 1, MANY));
        assertEquals(100, passing(0, 100));
        copied(1, 1, MANY);
        assertFalse(brake.isOff());
        copied(2, 1, ShardTransfer.CHANGES_LEFT_MAX);
        assertTrue(brake.isOff());
        assertEquals(100, passing(2, 100));
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

    @Test
    void wherePiecesComeSlowlyWritesWaitForThem() {
        copied(0, 2, MANY);
        copied(150, 2, MANY);
        assertEquals(2, passing(700, 10));
        assertEquals(10, passing(751, 10));
    }
}
