package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A leader whose disk is slower than the others' for long, though never stuck, hands over (DESIGN
 * §3, rule 5). What happens when it is stuck stands in the cases {@code kb-35}.
 */
@Tag("kb-35")
final class DiskWatchTest {
    /** Well below half an election timeout, above what is allowed on average. */
    private static final int SLOW_MILLIS = 40;

    private static Group group() {
        return Group.led(Group.CONFIG, 3, 1);
    }

    /** One write; the disk of {@code slow} takes so much longer than those of the others. */
    private static void write(Group group, int slow, int millis) {
        int leader = group.leader();
        group.propose(leader, "x");
        group.settleWithDiskStuck(slow);
        for (int i = 0; i < millis; i += 10) {
            group.tick(leader, 10);
            group.settleWithDiskStuck(slow);
        }
        group.settle();
    }

    @Test
    void aLeaderWithTheSlowestDiskHandsOver() {
        Group group = group();
        write(group, 1, SLOW_MILLIS);
        assertEquals(1, group.leader(), "one slow sync is no reason");
        int writes = 1;
        while (group.leader() == 1 && writes < 20) {
            write(group, 1, SLOW_MILLIS);
            writes++;
        }
        assertTrue(group.leader() != 1, "somebody else leads");
        assertTrue(writes > 4, "it took a while to be sure: " + writes);
        assertEquals(Optional.of(StepDownCause.DISK_STALLED), group.stepDownCause(1));
    }

    @Test
    void aFollowersSlowDiskIsNoReason() {
        Group group = group();
        for (int i = 0; i < 40; i++) {
            write(group, 3, SLOW_MILLIS);
        }
        assertEquals(1, group.leader());
        assertEquals(Optional.empty(), group.stepDownCause(1));
    }

    /** Whose disk is slow in its turn may hand over once; then all have, and nobody does again. */
    @Test
    void leadershipDoesNotGoRoundAndRound() {
        Group group = group();
        for (int i = 0; i < 60; i++) {
            write(group, group.leader(), SLOW_MILLIS);
        }
        long term = group.status(group.leader()).term();
        assertTrue(term > 1 && term <= 4, "terms: " + term);
    }

    @Test
    void whereItIsTurnedOffTheLeaderStays() {
        Group group = Group.led(Group.withoutHandOver(), 3, 1);
        for (int i = 0; i < 20; i++) {
            write(group, 1, 2 * SLOW_MILLIS);
        }
        assertEquals(1, group.leader());
    }
}
