package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Elections and agreement, as the MIT labs 2A, 2B and the Paxos lab check them. */
class AgreementLabTest {
    @Test
    @Tag("lab:MIT-2020.raft.TestInitialElection2A")
    @Tag("lab:MIT-2015.viewservice.FirstPrimary")
    @Tag("lab:DSLabs.lab2.ViewStartup")
    void oneIsElectedAndStaysWhileNothingFails() {
        LabGroup lab = new LabGroup(3);
        int leader = lab.leader();
        long term = lab.group().status(leader).term();
        assertTrue(term >= 1);
        lab.run(4_000);
        assertEquals(leader, lab.leader());
        assertEquals(term, lab.group().status(leader).term());
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestReElection2A")
    @Tag("lab:MIT-2015.viewservice.BackupTakesOver")
    @Tag("lab:DSLabs.lab2.ViewBackupTakesOver")
    void anotherLeadsWhenTheLeaderIsGoneAndNobodyWithoutAQuorum() {
        LabGroup lab = new LabGroup(3);
        int first = lab.leader();
        lab.cut(first);
        int second = lab.leader();
        assertNotEquals(first, second);
        lab.heal(first);
        lab.run(1_000);
        assertEquals(second, lab.leader(), "who comes back follows");
        lab.cut(second, second % 3 + 1);
        lab.run(5_000);
        assertEquals(0, lab.leaderNow(), "one of three leads nobody");
        lab.healAll();
        lab.leader();
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestManyElections2A")
    void thereIsALeaderWhicheverThreeOfSevenAreAway() {
        LabGroup lab = new LabGroup(7);
        lab.leader();
        for (int i = 0; i < 10; i++) {
            lab.cut(1 + i % 7, 1 + (i + 2) % 7, 1 + (i + 5) % 7);
            lab.leader();
            lab.healAll();
        }
        lab.leader();
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestBasicAgree2B")
    @Tag("lab:MIT-2015.paxos.TestBasic")
    void allAgreeOnTheOrderOfCommands() {
        LabGroup lab = new LabGroup(3);
        for (int i = 0; i < 50; i++) {
            lab.assertNoneAgreed("c" + i);
            lab.one("c" + i, 3);
        }
        assertEquals(50, lab.commands().size());
        assertEquals("c0", lab.commands().getFirst());
        assertEquals("c49", lab.commands().getLast());
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestRPCBytes2B")
    void eachCommandIsSentOnceToEachPeer() {
        LabGroup lab = new LabGroup(3);
        lab.one("first", 3);
        lab.entryBytes = 0;
        long sent = 0;
        for (int i = 0; i < 10; i++) {
            String text = i + "x".repeat(5_000);
            lab.one(text, 3);
            sent += text.length();
        }
        assertEquals(2 * sent, lab.entryBytes);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestFollowerFailure2B")
    void followersFailOneAfterAnother() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int leader = lab.leader();
        lab.cut(leader % 3 + 1);
        lab.one("b", 2);
        lab.run(1_000);
        lab.one("c", 2);
        lab.cut((leader + 1) % 3 + 1);
        lab.propose(leader, "d");
        lab.run(2_000);
        lab.assertNoneAgreed("d");
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestLeaderFailure2B")
    void leadersFailOneAfterAnother() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int first = lab.leader();
        lab.cut(first);
        lab.one("b", 2);
        int second = lab.leader();
        lab.cut(second);
        lab.propose(second, "c");
        lab.run(2_000);
        lab.assertNoneAgreed("c");
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestFailAgree2B")
    void aFollowerThatWasAwayLearnsWhatWasAgreed() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int away = lab.leader() % 3 + 1;
        lab.cut(away);
        for (String text : List.of("b", "c", "d", "e")) {
            lab.one(text, 2);
        }
        lab.heal(away);
        lab.one("f", 3);
        assertEquals(3, lab.holders("b"));
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestFailNoAgree2B")
    @Tag("lab:DSLabs.lab3.NoProgressInMinority")
    void nothingIsAgreedWithoutAQuorumAndAllGoesOnWithOne() {
        LabGroup lab = new LabGroup(5);
        lab.one("a", 5);
        int leader = lab.leader();
        lab.cut(leader % 5 + 1, (leader + 1) % 5 + 1, (leader + 2) % 5 + 1);
        lab.propose(leader, "lost");
        lab.run(2_000);
        lab.assertNoneAgreed("lost");
        lab.healAll();
        lab.one("b", 5);
        lab.one("c", 5);
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestConcurrentStarts2B")
    void commandsGivenAtOnceAllFindAPlace() {
        LabGroup lab = new LabGroup(3);
        int leader = lab.leader();
        lab.run(500);
        for (int i = 0; i < 5; i++) {
            lab.propose(leader, "at once " + i);
        }
        lab.run(500);
        for (int i = 0; i < 5; i++) {
            assertEquals(3, lab.holders("at once " + i));
        }
        assertEquals(5, lab.commands().size());
    }

    @Test
    @Tag("lab:MIT-2020.raft.TestRejoin2B")
    @Tag("lab:DSLabs.lab3.ServerSwitchesPartitions")
    void aLeaderComesBackWithEntriesThatNobodyElseHas() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int first = lab.leader();
        lab.cut(first);
        for (String text : List.of("lost 1", "lost 2", "lost 3")) {
            lab.propose(first, text);
        }
        lab.one("b", 2);
        int second = lab.leader();
        lab.cut(second);
        lab.heal(first);
        lab.one("c", 2);
        lab.healAll();
        lab.one("d", 3);
        assertEquals(List.of("a", "b", "c", "d"), lab.commands());
    }

    /**
     * Three runs of fifty entries, of which one survives, and part. Each follower tells where to go
     * on for a whole term, not for an entry: the labs give it two minutes, we count.
     */
    @Test
    @Tag("lab:MIT-2020.raft.TestBackup2B")
    void logsThatConflictForLongAreMatchedQuickly() {
        LabGroup lab = new LabGroup(5);
        lab.one("a", 5);
        int first = lab.leader();
        Integer[] others = others(first);
        lab.cut(others[1], others[2], others[3]);
        proposeFifty(lab, first, "lost");
        lab.healAll();
        lab.cut(first, others[0]);
        for (int i = 0; i < 50; i++) {
            lab.one("kept " + i, 3);
        }
        int second = lab.leader();
        int away = second == others[1] ? others[2] : others[1];
        lab.cut(away);
        proposeFifty(lab, second, "lost, too");
        lab.cut(1, 2, 3, 4, 5);
        lab.heal(first, others[0], away);
        lab.rejections = 0;
        for (int i = 0; i < 50; i++) {
            lab.one("kept, too " + i, 3);
        }
        assertTrue(lab.rejections <= 4, "of two followers: " + lab.rejections);
        lab.healAll();
        lab.rejections = 0;
        lab.one("b", 5);
        assertTrue(lab.rejections <= 4, "of two more: " + lab.rejections);
        assertEquals(102, lab.commands().size());
    }

    private static void proposeFifty(LabGroup lab, int leader, String text) {
        for (int i = 0; i < 50; i++) {
            lab.propose(leader, text + " " + i);
        }
        lab.run(500);
        lab.assertNoneAgreed(text + " 0");
    }

    private static Integer[] others(int leader) {
        Integer[] others = new Integer[4];
        for (int i = 0; i < 4; i++) {
            others[i] = (leader + i) % 5 + 1;
        }
        return others;
    }

    /** The labs allow 30 calls for an election, 60 in an idle second, and 3 (n + 1) for n. */
    @Test
    @Tag("lab:MIT-2020.raft.TestCount2B")
    @Tag("lab:MIT-2015.paxos.TestRPCCount")
    @Tag("lab:DSLabs.lab3.MessageCount")
    void thereAreFewCalls() {
        LabGroup lab = new LabGroup(3);
        lab.leader();
        assertTrue(lab.calls <= 30, "to elect: " + lab.calls);
        lab.run(500);
        lab.calls = 0;
        long commands = 10;
        for (int i = 0; i < commands; i++) {
            lab.propose(lab.leader(), "c" + i);
        }
        lab.run(50);
        assertEquals(commands, lab.commands().size());
        assertTrue(lab.calls <= 3 * (commands + 1), "for ten at once: " + lab.calls);
        lab.calls = 0;
        for (int i = 0; i < commands; i++) {
            lab.one("in series " + i, 3);
        }
        assertTrue(lab.calls <= 9 * commands, "for ten in series: " + lab.calls);
        lab.run(500);
        lab.calls = 0;
        lab.run(1_000);
        assertTrue(lab.calls <= 60, "in an idle second: " + lab.calls);
    }

    @Test
    @Tag("lab:DSLabs.lab3.ProgressInMajority")
    @Tag("lab:DSLabs.lab3.ProgressAfterHeal")
    void aMajorityGoesOnAndTheOthersFollowOnceTheyCan() {
        LabGroup lab = new LabGroup(5);
        lab.one("a", 5);
        for (int round = 0; round < 5; round++) {
            lab.cut(1 + round, 1 + (round + 2) % 5);
            lab.one("majority " + round, 3);
            lab.healAll();
            lab.one("healed " + round, 5);
        }
    }

    @Test
    @Tag("lab:MIT-2015.viewservice.RestartedPrimaryTreatedAsDead")
    @Tag("lab:DSLabs.lab2.ViewRestartedPrimaryDead")
    void aLeaderThatWasStartedAnewLeadsInNoEarlierTerm() {
        LabGroup lab = new LabGroup(3);
        lab.one("a", 3);
        int leader = lab.leader();
        long term = lab.group().status(leader).term();
        lab.crash(leader);
        lab.start(leader);
        assertEquals(0, lab.leaderNow());
        lab.one("b", 3);
        assertTrue(lab.group().status(lab.leader()).term() > term);
        assertEquals(List.of("a", "b"), lab.commands());
    }

    @Test
    @Tag("lab:DSLabs.lab3.Singleton")
    void aGroupOfOneAgreesWithItself() {
        LabGroup lab = new LabGroup(1);
        for (int i = 0; i < 10; i++) {
            lab.one("c" + i, 1);
        }
        assertEquals(10, lab.commands().size());
    }
}
