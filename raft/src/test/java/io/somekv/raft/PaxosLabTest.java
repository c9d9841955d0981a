package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the Paxos lab of MIT 2015 checks, where an instance is an entry of a group's log. */
class PaxosLabTest {
    /** They miss heartbeats and ask for votes; nobody who hears the leader listens. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestDeaf")
    void whoHearsNothingStopsNobodyAndLearnsLater() {
        LabGroup lab = new LabGroup(5);
        lab.one("a", 5);
        int leader = lab.leader();
        long term = lab.group().status(leader).term();
        lab.deafen(leader % 5 + 1, (leader + 1) % 5 + 1);
        for (int i = 0; i < 10; i++) {
            lab.one("b" + i, 3);
            lab.run(500);
            assertEquals(3, lab.holders("b" + i));
        }
        assertEquals(leader, lab.leaderNow());
        assertEquals(term, lab.group().status(leader).term());
        lab.healDeaf();
        lab.one("c", 5);
        assertEquals(5, lab.holders("b9"));
    }

    /** Its heartbeats would keep the others waiting for ever. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestDeaf")
    void aLeaderThatHearsNothingYields() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int first = lab.leader();
        lab.deafen(first);
        lab.run(5_000);
        assertNotEquals(first, lab.leader());
        lab.one("b", 2);
        assertEquals(2, lab.holders("b"));
        lab.healDeaf();
        lab.one("c", 3);
        assertEquals(List.of("a", "b", "c"), lab.commands());
    }

    /** Three start alone. The two that start later hold nothing, and overrule nothing. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestOld")
    void whoStartsLateTakesWhatWasAgreedBefore() {
        LabGroup lab = new LabGroup(5);
        lab.crash(4);
        lab.crash(5);
        lab.one("old", 3);
        int witness = lab.leader();
        for (int id = 1; id <= 3; id++) {
            if (id != witness) {
                lab.crash(id);
            }
        }
        lab.start(4);
        lab.start(5);
        lab.propose(4, "new");
        lab.propose(5, "new");
        lab.one("next", 3);
        assertEquals(3, lab.holders("old"));
        assertEquals(List.of("old", "next"), lab.commands());
    }

    /** All of them under way at once; the lab has peers race, here they queue at the leader. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestMany")
    void manyUnderWayAtOnceAllFindTheirPlace() {
        LabGroup lab = new LabGroup(3);
        int leader = lab.leader();
        lab.run(500);
        for (int i = 0; i < 1_000; i++) {
            lab.propose(leader, "m" + i);
        }
        lab.run(100);
        assertEquals(1_000, lab.commands().size());
        for (int i = 0; i < 1_000; i++) {
            assertEquals("m" + i, lab.commands().get(i));
        }
        assertEquals(3, lab.holders("m999"));
    }

    @Test
    @Tag("lab:MIT-2015.paxos.TestPartition")
    void onlyAMajorityDecides() {
        partitions(0);
    }

    @Test
    @Tag("lab:MIT-2015.paxos.TestPartition")
    void onlyAMajorityDecidesOnABadNetwork() {
        partitions(0.1);
    }

    private static void partitions(double loss) {
        LabGroup lab = new LabGroup(5);
        lab.loss = loss;
        lab.one("start", 5);
        for (int round = 0; round < 5; round++) {
            // Nobody has a majority, at first not in the opinion of all.
            lab.split(1, 3);
            lab.split(2, 4);
            for (int id = 1; id <= 5; id++) {
                lab.propose(id, "nobody " + round);
            }
            lab.run(4_000);
            lab.assertNoneAgreed("nobody " + round);
            assertEquals(List.of(), lab.leaders(), "who hears no majority leads nobody");

            // Three of five, others in each round; one of them was elsewhere before.
            int one = 1 + round;
            int two = 1 + (round + 1) % 5;
            lab.healAll();
            lab.split(one, two);
            lab.propose(one, "minority " + round);
            lab.one("majority " + round, 3);
            lab.run(1_000);
            assertEquals(3, lab.holders("majority " + round));
            lab.assertNoneAgreed("minority " + round);
            lab.healAll();
            lab.one("healed " + round, 5);
            assertEquals(5, lab.holders("majority " + round));
        }
    }

    /** Partitions change several times in each election timeout, and messages get lost. */
    @Test
    @Tag("lab:MIT-2015.paxos.TestLots")
    void lotsAreAgreedOnWhilePartitionsChange() {
        LabGroup lab = new LabGroup(5);
        lab.loss = 0.1;
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            lab.healAll();
            for (int id = 1; id <= 5; id++) {
                if (random.nextInt(3) == 0) {
                    lab.split(1 + random.nextInt(5), id);
                }
            }
            for (int id = 1; id <= 5; id++) {
                lab.propose(id, "lots " + round + "." + id);
            }
            lab.run(200 + 5 * random.nextInt(60));
        }
        int before = lab.commands().size();
        assertTrue(before >= 100, "some went through meanwhile: " + before);
        lab.loss = 0;
        lab.healAll();
        lab.one("end", 5);
        long commit = lab.group().status(1).commit();
        for (int id = 2; id <= 5; id++) {
            assertEquals(commit, lab.group().status(id).commit(), "replica " + id);
        }
    }

    /**
     * Whoever wants something agreed on leads first: each agreement costs an election, too. The lab
     * allows 45 calls for one that three peers contend for.
     */
    @Test
    @Tag("lab:MIT-2015.paxos.TestRPCCount")
    void thereAreFewCallsWhereReplicasContend() {
        LabGroup lab = new LabGroup(3);
        lab.one("first", 3);
        for (int i = 0; i < 30; i++) {
            int next = lab.leader() % 3 + 1;
            lab.calls = 0;
            lab.group().step(lab.leader(), new Input.TransferLeadership(next));
            for (int id = 1; id <= 3; id++) {
                lab.propose(id, "refused " + i);
            }
            lab.run(10);
            assertEquals(next, lab.leaderNow());
            lab.propose(next, "contended " + i);
            lab.run(10);
            assertEquals(3, lab.holders("contended " + i));
            assertTrue(lab.calls <= 45, "contended: " + lab.calls);
        }
        assertEquals(31, lab.commands().size());
    }
}
