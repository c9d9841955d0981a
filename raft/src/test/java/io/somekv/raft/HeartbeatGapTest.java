package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The longest silence of a leader, as its followers measure it (KB-30). Heartbeats are 10 ms apart,
 * and the window is two buckets of 30 s.
 */
@Tag("kb-30")
final class HeartbeatGapTest {
    private final Group group = Group.led(Group.CONFIG, 3, 1);

    private static long gapMillis(Group group, int id) {
        return group.status(id).heartbeatGapNanosMax() / 1_000_000;
    }

    /** The leader's loop comes round every 10 ms for that long. */
    private void beats(int millis) {
        for (int i = 0; i < millis; i += 10) {
            group.tick(1, 10);
            group.settle();
        }
    }

    @Test
    void aLeaderWhoseLoopStoodStillIsSeen() {
        beats(100);
        assertEquals(10, gapMillis(group, 2));
        group.tick(1, 60);
        group.settle();
        beats(100);
        assertEquals(60, gapMillis(group, 2));
        assertEquals(60, gapMillis(group, 3));
        assertEquals(0, gapMillis(group, 1), "it waits for no leader");
    }

    @Test
    void itIsForgottenAfterAMinute() {
        group.tick(1, 60);
        group.settle();
        beats(30_000);
        assertEquals(60, gapMillis(group, 2));
        beats(30_000);
        assertEquals(10, gapMillis(group, 2));
        group.wait(60_000);
        assertEquals(0, gapMillis(group, 2), "nothing was heard in the last minute");
    }

    @Test
    void aFollowerThatWasCutOffAndCampaignedInVainSeesTheWholeTime() {
        for (int i = 0; i < 15; i++) {
            group.tick(1, 10);
            group.settleWithout(2);
        }
        group.tick(2, 50);
        assertEquals(ReplicaStatus.Role.PRE_CANDIDATE, group.status(2).role());
        group.dropAll();
        group.tick(1, 0);
        group.settle();
        assertEquals(1, group.status(2).term());
        assertEquals(200, gapMillis(group, 2));
    }

    @Test
    void theTimeBetweenTwoLeadersIsNone() {
        beats(100);
        group.crash(1);
        group.campaign(2);
        group.settle();
        assertEquals(2, group.leader());
        group.tick(2, 10);
        group.settle();
        assertEquals(10, gapMillis(group, 3));
    }

    @Test
    void aPieceOfASnapshotIsHeardToo() {
        beats(100);
        Snapshot snapshot =
                group.replica(1).snapshotAt(group.status(1).applied(), group.status(1).logTime());
        group.wait(40);
        group.receive(new Message.InstallSnapshot(1, 2, 1, snapshot, 0, Bytes.EMPTY, 0, false));
        group.tick(1, 30);
        group.settle();
        assertEquals(40, gapMillis(group, 2));
        assertEquals(70, gapMillis(group, 3));
    }

    @Test
    void aQuietGroupHasNone() {
        Group quiet = Group.led(Group.quiescentAfter(25_000_000), 3, 1);
        quiet.run(60, m -> true);
        assertTrue(quiet.replica(2).isQuiet());
        for (int i = 0; i < 3; i++) {
            quiet.tick(1, 3000);
            assertFalse(quiet.network().isEmpty(), "the rare heartbeat");
            quiet.settle();
            assertTrue(quiet.replica(2).isQuiet());
        }
        quiet.wait(1000);
        quiet.propose(1, "wakes it");
        quiet.settle();
        assertFalse(quiet.replica(2).isQuiet());
        assertEquals(10, gapMillis(quiet, 2));
    }
}
