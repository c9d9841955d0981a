package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import org.junit.jupiter.api.Test;

/** What is asked for again is no progress. */
class CopyReadsTest {
    private static final CopyCursor NEXT = CopyCursor.START.afterRow(Bytes.utf8("row"));

    private final CopyReads reads = new CopyReads();

    @Test
    void countsPiecesThatDiffer() {
        assertEquals(0, reads.pieces(3));
        assertTrue(reads.isNew(new Command.ReadShard(3, 7, CopyCursor.START)));
        assertFalse(reads.isNew(new Command.ReadShard(3, 7, CopyCursor.START)));
        assertTrue(reads.isNew(new Command.ReadShard(3, 7, NEXT)));
        assertFalse(reads.isNew(new Command.ReadShard(3, 7, NEXT)));
        assertEquals(2, reads.pieces(3));
    }

    @Test
    void aCopyThatBeginsAnewIsAnother() {
        assertTrue(reads.isNew(new Command.ReadShard(3, 7, CopyCursor.START)));
        assertTrue(reads.isNew(new Command.ReadShard(3, 9, CopyCursor.START)));
        assertTrue(reads.isNew(new Command.ReadShard(4, 9, CopyCursor.START)));
        assertEquals(2, reads.pieces(3));
        assertEquals(1, reads.pieces(4));
    }
}
