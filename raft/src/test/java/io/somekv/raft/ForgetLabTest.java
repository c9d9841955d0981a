package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the Paxos lab of MIT 2015 checks of instances that all peers are done with: here, entries
 * that are in the state machine, and dropped from the log.
 */
class ForgetLabTest {
    private static void commands(LabGroup lab, String name, int count, int replicas) {
        for (int i = 0; i < count; i++) {
            lab.one(name + i, replicas);
        }
    }

    /** As the lab's Min() is held back by the peer that is done with the least. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestForget")
    void aLeaderKeepsWhatAFollowerOfNowStillLacks() {
        LabGroup lab = new LabGroup(3);
        commands(lab, "a", 10, 3);
        int leader = lab.leader();
        long all = lab.group().status(leader).applied();
        assertEquals(all, lab.group().replica(leader).compactable(all));
        int behind = leader % 3 + 1;
        lab.cut(behind);
        commands(lab, "b", 3, 2);
        long applied = lab.group().status(leader).applied();
        assertEquals(all + 3, applied);
        assertEquals(all, lab.group().replica(leader).compactable(applied));
        lab.group().compact(leader, all);
        assertEquals(all, lab.group().replica(leader).base().index());
        lab.heal(behind);
        lab.one("c", 3);
        assertEquals(0, lab.installs, "its entries were still there");
    }

    /** Unlike in the lab, a peer that is gone does not hold the log for ever: it gets the state. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestForget")
    void whoIsGoneHoldsNothingBack() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int leader = lab.leader();
        int gone = leader % 3 + 1;
        lab.cut(gone);
        commands(lab, "b", 40, 2);
        leader = lab.leader();
        long applied = lab.group().status(leader).applied();
        assertEquals(applied, lab.group().replica(leader).compactable(applied));
        lab.group().compact(leader, applied);
        lab.heal(gone);
        lab.one("c", 3);
        assertTrue(lab.installs > 0, "it was given the state");
    }

    /** Whatever one is done with, the others drop only what they are done with themselves. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestDoneMax")
    void whatOneDropsTheOthersKeep() {
        LabGroup lab = new LabGroup(3);
        commands(lab, "a", 10, 3);
        int follower = lab.leader() % 3 + 1;
        lab.group().compact(follower, Long.MAX_VALUE);
        commands(lab, "b", 5, 3);
        for (int id = 1; id <= 3; id++) {
            ReplicaStatus status = lab.group().status(id);
            long base = lab.group().replica(id).base().index();
            assertEquals(id == follower ? status.applied() - 5 : 0, base, "replica " + id);
        }
        assertEquals(15, lab.commands().size());
    }

    @Test
    @Tag("lab:MIT-2015.paxos.TestManyForget")
    void logsAreDroppedAnywhereWhileManyAreUnderWay() {
        LabGroup lab = new LabGroup(5);
        lab.loss = 0.1;
        Random random = new Random(3);
        for (int round = 0; round < 400; round++) {
            for (int id = 1; id <= 5; id++) {
                lab.propose(id, "m" + round + "." + id);
            }
            lab.run(5 * random.nextInt(20));
            int id = 1 + random.nextInt(5);
            long base = lab.group().replica(id).base().index();
            long applied = lab.group().status(id).applied();
            lab.group().compact(id, base + random.nextLong(applied - base + 1));
        }
        lab.loss = 0;
        lab.one("end", 5);
        assertTrue(lab.commands().size() > 300, "agreed on: " + lab.commands().size());
        for (int id = 1; id <= 5; id++) {
            assertTrue(lab.group().replica(id).base().index() > 0, "replica " + id);
        }
    }
}
