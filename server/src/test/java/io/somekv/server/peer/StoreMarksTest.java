package io.somekv.server.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.frame.Frame;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a node keeps of how far the logs of others have come. */
final class StoreMarksTest {
    private static final UUID DISK = new UUID(1, 1);

    private final StoreMarks marks = new StoreMarks();

    @Test
    @Tag("kb-43")
    void aLaterRunMustNotBeBehindAnEarlierOne() {
        assertTrue(marks.announced(DISK, 7, 100));
        assertFalse(marks.announced(DISK, 8, 99));
        assertTrue(marks.announced(DISK, 8, 100));
    }

    /** Two connections of one run: what is said on one may overtake what is said on the other. */
    @Test
    void whatOneRunSaysMayComeInAnyOrder() {
        assertTrue(marks.announced(DISK, 7, 100));
        assertTrue(marks.announced(DISK, 7, 90));
        assertEquals(List.of(new Frame.LogMark.Of(DISK, 100)), marks.all());
    }

    @Test
    @Tag("kb-43")
    void whatOthersHaveHeardCountsAsWell() {
        marks.passedOn(List.of(new Frame.LogMark.Of(DISK, 100)));
        marks.passedOn(List.of(new Frame.LogMark.Of(DISK, 50)));
        assertFalse(marks.announced(DISK, 7, 99));
        assertTrue(marks.announced(new UUID(2, 2), 7, 1), "another disk begins anew");
    }

    @Test
    void whatIsSavedIsReadAgainAndSavedOnce() {
        marks.announced(DISK, 7, 100);
        StoreMarks again = StoreMarks.of(marks.changes().orElseThrow());
        assertEquals(Optional.empty(), marks.changes());
        assertFalse(again.announced(DISK, 8, 99));
        marks.announced(DISK, 7, 100);
        assertEquals(Optional.empty(), marks.changes());
        marks.announced(DISK, 7, 101);
        assertTrue(marks.changes().isPresent());
    }
}
