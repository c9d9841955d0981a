package io.somekv.protocol.command;

import io.somekv.base.Bytes;

/**
 * How far the copying of a shard has got (DESIGN §7): first its rows in the order of their keys,
 * then what changed since, in the order of the changes, and under a freeze the duplicate table.
 *
 * @param rowsAfter last row that was read: its kind and key; empty before the first
 * @param changesAfter last change that was read: position and key
 * @param freezeId the freeze under which outcomes are read; 0 before that
 * @param outcomesAfter last that was read of the duplicate table: client and sequence
 */
public record CopyCursor(
        Part part, Bytes rowsAfter, Bytes changesAfter, long freezeId, Bytes outcomesAfter) {
    /** Where every copy begins. */
    public static final CopyCursor START =
            new CopyCursor(Part.ROWS, Bytes.EMPTY, Bytes.EMPTY, 0, Bytes.EMPTY);

    /** What the next piece is of. */
    public enum Part {
        ROWS,
        CHANGES,
        OUTCOMES,
        /** Nothing is left to copy while the freeze lasts. */
        END
    }

    public CopyCursor afterRow(Bytes row) {
        return new CopyCursor(Part.ROWS, row, changesAfter, 0, Bytes.EMPTY);
    }

    public CopyCursor afterChange(Bytes change) {
        return new CopyCursor(Part.CHANGES, rowsAfter, change, 0, Bytes.EMPTY);
    }

    /** All rows are read, and all changes up to where they were. */
    public CopyCursor toChanges() {
        return afterChange(changesAfter);
    }

    public CopyCursor afterOutcome(long underFreeze, Bytes outcome) {
        return new CopyCursor(Part.OUTCOMES, rowsAfter, changesAfter, underFreeze, outcome);
    }

    public CopyCursor toEnd(long underFreeze) {
        return new CopyCursor(Part.END, rowsAfter, changesAfter, underFreeze, Bytes.EMPTY);
    }
}
