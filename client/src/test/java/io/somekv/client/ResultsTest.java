package io.somekv.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Outcome;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What callers get for each outcome, and the sentences they read where there is no result. */
class ResultsTest {
    @Test
    void resultsBecomeValues() {
        assertTrue(Results.done(new Outcome.Ok()));
        assertFalse(Results.done(new Outcome.Nil()));
        assertEquals(7, Results.number(new Outcome.Int(7)));
        assertEquals(Optional.empty(), Results.value(new Outcome.Nil()));
        assertEquals(1, Results.value(new Outcome.Value(Bytes.utf8("v"))).orElseThrow().length);
    }

    @Test
    void whatWasNotExecutedSaysWhatToDoAboutIt() {
        assertUnavailable("try again later", new Outcome.Busy(5));
        assertUnavailable("the disk of node 2 is nearly full", new Outcome.DiskNearlyFull(2, 5));
        assertUnavailable("have a group join", new Outcome.WrongGroup(3));
        assertUnavailable("does a majority of its nodes run?", new Outcome.NotLeader(0));
        assertUnavailable("not ready", new Outcome.DeadlineNeeded(1));
    }

    @Test
    void whatMayHaveBeenExecutedNeverReadsLikeAFailure() {
        SomeKvException unknown = exception(new Outcome.Unknown("no answer"));
        assertInstanceOf(SomeKvException.OutcomeUnknown.class, unknown);
        assertEquals(
                "the write may or may not have been executed: no answer", unknown.getMessage());
    }

    @Test
    void whatIsRefusedIsRefusedForGood() {
        for (Outcome outcome :
                new Outcome[] {
                    new Outcome.Refused(Outcome.Reason.NOT_AN_INTEGER, "no number"),
                    new Outcome.Invalid("no number")
                }) {
            SomeKvException refused = exception(outcome);
            assertInstanceOf(SomeKvException.Refused.class, refused);
            assertEquals("no number", refused.getMessage());
        }
    }

    private static void assertUnavailable(String part, Outcome outcome) {
        SomeKvException unavailable = exception(outcome);
        assertInstanceOf(SomeKvException.Unavailable.class, unavailable);
        String message = String.valueOf(unavailable.getMessage());
        assertTrue(message.startsWith("not executed: "), message);
        assertTrue(message.contains(part), message);
    }

    private static SomeKvException exception(Outcome outcome) {
        return assertThrows(SomeKvException.class, () -> Results.number(outcome));
    }
}
