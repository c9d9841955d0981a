package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import org.junit.jupiter.api.Test;

/** What is asked for again is no progress. */
class CopyReadsTest {
    private static final CopyCursor NEXT = CopyCursor.START.afterRow(Bytes.utf8("row"));

    private final CopyReads reads = new CopyReads();

    private boolean isNew(int shard, long copyId, CopyCursor cursor, CopyCursor next) {
        return reads.isNew(
                new Command.ReadShard(shard, copyId, cursor),
                new Outcome.ShardPiece(copyId, 0, 0, Bytes.EMPTY, 0, next, 0, 0, 0, 0));
    }

    @Test
    void countsPiecesThatDiffer() {
        assertEquals(0, reads.pieces(3));
        assertTrue(isNew(3, 7, CopyCursor.START, NEXT));
        assertFalse(isNew(3, 7, CopyCursor.START, NEXT));
        assertTrue(isNew(3, 7, NEXT, NEXT.toChanges()));
        assertFalse(isNew(3, 7, NEXT, NEXT.toChanges()));
        assertEquals(2, reads.pieces(3));
    }

    @Test
    void aCopyThatBeginsAnewIsAnother() {
        assertTrue(isNew(3, 7, CopyCursor.START, NEXT));
        assertTrue(isNew(3, 9, CopyCursor.START, NEXT));
        assertTrue(isNew(4, 9, CopyCursor.START, NEXT));
        assertEquals(2, reads.pieces(3));
        assertEquals(1, reads.pieces(4));
    }

    /** Nothing had changed; what has changed since comes to the same question. */
    @Test
    void anEmptyPieceIsNotTheNextOne() {
        CopyCursor changes = NEXT.toChanges();
        CopyCursor next = changes.afterChange(Bytes.utf8("a change"));
        assertTrue(isNew(3, 7, changes, changes));
        assertTrue(isNew(3, 7, changes, changes));
        assertTrue(isNew(3, 7, changes, next));
        assertFalse(isNew(3, 7, changes, next));
        assertEquals(3, reads.pieces(3));
    }
}
