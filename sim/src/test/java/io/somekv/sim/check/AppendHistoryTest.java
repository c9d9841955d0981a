package io.somekv.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Outcome;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Append histories show each way in which "exactly once" breaks. */
final class AppendHistoryTest {
    private static final String TWO_CLIENTS =
            """
            1 0..1   append a1; #3
            2 0..5   append b1; #6
            1 2..4   append a2; #9
            2 6..?   append b2; ?
            """;

    private static Optional<String> check(String history, String value) {
        return AppendHistory.check(Histories.parse(history), Bytes.utf8(value));
    }

    private static void fails(String value, String why) {
        String found = check(TWO_CLIENTS, value).orElse("nothing");
        assertTrue(found.startsWith(why), found);
    }

    @Test
    void anUnknownAppendIsThereOrNot() {
        assertEquals(Optional.empty(), check(TWO_CLIENTS, "a1;b1;a2;"));
        assertEquals(Optional.empty(), check(TWO_CLIENTS, "a1;b1;a2;b2;"));
        assertEquals(Optional.empty(), check(TWO_CLIENTS, "b1;a1;a2;b2;"));
    }

    @Test
    void twice() {
        fails("a1;b1;a2;a1;", "executed twice");
        fails("a1;b1;a2;b2;b2;", "executed twice");
    }

    @Test
    void lost() {
        fails("a1;b1;", "acknowledged and lost");
    }

    @Test
    void clientsOwnOrder() {
        fails("a2;b1;a1;", "stands ahead");
        fails("a1;a2;b2;b1;", "stands ahead");
    }

    @Test
    void foreign() {
        fails("a1;b1;a2;c1;", "a suffix that nobody appended");
        fails("a1;b1;a2;b", "a suffix that nobody appended");
    }

    @Test
    void whatNobodyHeardOfIsReadOffTheLastValue() {
        List<Operation> all = Histories.parse(TWO_CLIENTS);
        assertEquals(
                all.subList(0, 3), AppendHistory.settled(all, Bytes.utf8("a1;b1;a2;")), "left out");
        List<Operation> settled = AppendHistory.settled(all, Bytes.utf8("a1;b1;b2;a2;"));
        assertEquals(Optional.of(new Outcome.Int(9)), settled.getLast().outcome());
        assertEquals(Operation.NEVER, settled.getLast().returned());
        // As it stands ahead of what had returned before it was called:
        assertTrue(
                Linearizability.check(settled, LogTimeBounds.CLOCKS_RIGHT, 1000)
                        instanceof Linearizability.Verdict.Violated);
    }

    @Test
    void aReadOfAnotherPast() {
        String history = TWO_CLIENTS + "3 7..8 get b1;a1;\n";
        String found = check(history, "a1;b1;a2;").orElse("nothing");
        assertTrue(found.startsWith("a read that is no prefix"), found);
    }
}
