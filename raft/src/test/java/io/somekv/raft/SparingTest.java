package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a leader does about disks that are nearly full (DESIGN §10). Replica n is on node n. */
final class SparingTest {
    private static Group led() {
        return Group.led(Group.CONFIG, 3, 1);
    }

    private static void nearlyFull(Group group, Long... nodes) {
        for (int id = 1; id <= 3; id++) {
            group.step(id, new Input.NearlyFull(Arrays.asList(nodes)));
        }
    }

    /** Heartbeats, and what they call forth, for a while. */
    private static void run(Group group, int heartbeats) {
        for (int i = 0; i < heartbeats; i++) {
            group.tick(1, 10);
            group.settle();
        }
    }

    private static long last(Group group, int id) {
        return group.status(id).last().index();
    }

    @Test
    void aFollowerWithoutRoomGetsHeartbeatsOnlyAndTheRestOnceItHasRoom() {
        Group group = led();
        nearlyFull(group, 3L);
        assertEquals(Room.HERE, group.replica(1).room());
        long before = last(group, 3);
        for (int i = 0; i < 20; i++) {
            group.propose(1, "entry " + i);
            run(group, 1);
        }
        assertEquals(before + 20, group.status(1).commit());
        assertEquals(before, last(group, 3));
        assertEquals(1, group.status(3).leaderId());
        nearlyFull(group);
        run(group, 5);
        assertEquals(before + 20, last(group, 3));
        assertEquals(before + 20, group.status(3).commit());
    }

    @Test
    void whereNoQuorumHasRoomThoseThatLackLeastTakeWhatMustBe() {
        Group group = led();
        nearlyFull(group, 3L);
        group.propose(1, "while two have room");
        run(group, 2);
        nearlyFull(group, 2L, 3L);
        assertEquals(Room.NOWHERE, group.replica(1).room());
        long before = last(group, 3);
        group.propose(1, "a delete");
        run(group, 3);
        assertEquals(last(group, 1), group.status(1).commit());
        assertEquals(last(group, 1), last(group, 2));
        assertEquals(before, last(group, 3));
    }

    @Test
    void aLeaderWithoutRoomHandsOverToOneThatHasIt() {
        Group group = led();
        nearlyFull(group, 1L, 2L);
        assertEquals(Room.NOWHERE, group.replica(1).room());
        nearlyFull(group, 1L);
        assertEquals(Room.ELSEWHERE, group.replica(1).room());
        nearlyFull(group, 2L);
        assertEquals(Room.HERE, group.replica(1).room());
        group.step(1, new Input.TransferLeadership(0));
        group.settle();
        assertTrue(group.replica(3).leads());
    }

    /** What it lacks would have to come first, and nothing is proposed meanwhile. */
    @Test
    void aVoterFarBehindIsNoSuccessorForItsRoom() {
        Group group = led();
        nearlyFull(group, 3L);
        for (int i = 0; i < 20; i++) {
            group.propose(1, "entry " + i);
            run(group, 1);
        }
        for (int id = 1; id <= 3; id++) {
            group.step(id, new Input.NearlyFull(List.of(2L)));
        }
        group.step(1, new Input.TransferLeadership(0));
        group.settle();
        assertTrue(group.replica(2).leads());
    }

    /** One that is silent has no room to offer: its place is taken by one that is nearly full. */
    @Test
    void whoIsSilentIsNotCountedOn() {
        Group group = led();
        nearlyFull(group, 3L);
        for (int i = 0; i < 11; i++) {
            group.tick(1, 10);
            group.settleWithout(2);
        }
        assertTrue(group.replica(1).leads());
        assertEquals(Room.NOWHERE, group.replica(1).room());
        group.propose(1, "a delete");
        group.tick(1, 10);
        group.settleWithout(2);
        assertEquals(last(group, 1), last(group, 3));
        assertEquals(last(group, 1), group.status(1).commit());
    }

    @Test
    void noSnapshotIsSentToADiskThatIsNearlyFull() {
        Group group = led();
        nearlyFull(group, 3L);
        for (int i = 0; i < 3; i++) {
            group.propose(1, "entry " + i);
            run(group, 1);
        }
        group.apply(1);
        group.compact(1, Long.MAX_VALUE);
        run(group, 3);
        assertEquals(List.of(), group.replica(1).wantingSnapshot());
        assertFalse(group.replica(1).wantsSnapshot(3));
        nearlyFull(group);
        run(group, 3);
        assertEquals(List.of(3L), group.replica(1).wantingSnapshot());
        assertTrue(group.replica(1).wantsSnapshot(3));
    }

    @Test
    void aNodeThatIsNotOfTheGroupDoesNotMatter() {
        Group group = led();
        nearlyFull(group, 9L);
        assertEquals(Room.HERE, group.replica(1).room());
        for (int i = 0; i < 11; i++) {
            group.tick(1, 10);
            group.settleWithout(2);
        }
        assertEquals(Room.HERE, group.replica(1).room());
    }
}
