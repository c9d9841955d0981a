package io.somekv.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.command.Outcome;
import io.somekv.server.control.ControlException.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an administrator reads when a group did not do what it was asked. */
final class FailureTextTest {
    @Test
    void aGroupWithoutALeaderIsNamedAndWhereToLook() {
        ControlException failure = ClusterControl.failure(0, new Outcome.NotLeader(0));
        assertEquals(Kind.UNREACHABLE, failure.kind());
        String text = String.valueOf(failure.getMessage());
        assertTrue(text.contains("no leader of group 0 (the shard master)"), text);
        assertTrue(text.contains("'somekv group members 0'"), text);
    }

    @Test
    void noRecordIsShown() {
        List<Outcome> outcomes =
                List.of(
                        new Outcome.NotLeader(3),
                        new Outcome.WrongGroup(3),
                        new Outcome.Busy(3),
                        new Outcome.DiskNearlyFull(3, 1 << 20),
                        new Outcome.DeadlineNeeded(3),
                        new Outcome.Invalid("no"),
                        new Outcome.BelowFloor(),
                        new Outcome.Unknown("no answer"),
                        new Outcome.Int(3));
        for (Outcome outcome : outcomes) {
            String text = String.valueOf(ClusterControl.failure(1, outcome).getMessage());
            assertFalse(text.contains("["), text);
        }
    }
}
