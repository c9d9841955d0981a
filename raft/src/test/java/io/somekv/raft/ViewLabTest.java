package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the view service labs (MIT 2015, DSLabs lab 2) check, where a view is a term with its leader
 * and the group's membership.
 */
class ViewLabTest {
    /**
     * A view must not change again before its primary knows it. Here: before an entry of the
     * leader's own term is committed, its members stay, and it answers no read.
     */
    @Test
    @Tag("lab:MIT-2015.viewservice.WaitsForPrimarysAck")
    @Tag("lab:DSLabs.lab2.ViewWaitsForAck")
    void theMembersStayUntilTheNewLeaderHasCommitted() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.crash(1);
        group.campaign(2);
        group.settle(m -> !(m instanceof Message.AppendEntries));
        assertEquals(ReplicaStatus.Role.LEADER, group.status(2).role());
        MembershipChange change = new MembershipChange.Add(4, new UUID(0, 4), 0);
        group.change(2, change);
        group.step(2, new Input.Read(7, 0));
        group.settle(m -> !(m instanceof Message.AppendEntries));
        assertInstanceOf(ProposalResult.Refused.class, group.proposals(2).getLast());
        assertEquals(3, group.replica(2).membership().members().size());
        assertEquals(List.of(), group.reads(2));

        group.run(50, m -> true);
        assertEquals(1, group.reads(2).size());
        assertInstanceOf(ReadResult.Confirmed.class, group.reads(2).getFirst());
        group.change(2, change);
        assertInstanceOf(ProposalResult.Appended.class, group.proposals(2).getLast());
        assertEquals(4, group.replica(2).membership().members().size());
    }

    /** Every voter that has the log dies: who has nothing leads nobody, however long it waits. */
    @Test
    @Tag("lab:MIT-2015.viewservice.UninitialisedServerNeverPrimary")
    @Tag("lab:DSLabs.lab2.ViewUninitialisedNeverPrimary")
    void whoNeverHeardOfAnythingLeadsNobody() {
        LabGroup lab = new LabGroup(5);
        lab.cut(4, 5);
        lab.one("a", 3);
        int survivor = lab.leader() % 3 + 1;
        for (int id = 1; id <= 3; id++) {
            if (id != survivor) {
                lab.crash(id);
            }
        }
        lab.cut(survivor);
        lab.heal(4, 5);
        lab.run(10_000);
        assertEquals(List.of(), lab.leaders());
        lab.heal(survivor);
        assertEquals(survivor, lab.leader(), "only it has what was agreed on");
        assertEquals(3, lab.holdersAfter(1_000, "a"));
    }

    /** A learner that waits for its log votes for nobody, and asks nobody for votes. */
    @Test
    @Tag("lab:MIT-2015.viewservice.UninitialisedServerNeverPrimary")
    @Tag("lab:DSLabs.lab2.ViewUninitialisedNeverPrimary")
    void aLearnerLeadsNobody() {
        Group group = Group.led(Group.CONFIG, 1, 1);
        group.change(1, new MembershipChange.Add(2, new UUID(0, 2), 0));
        group.settle(m -> m.to() != 2);
        assertEquals(1, group.replica(1).membership().learners().size());
        group.create(2, 1);
        group.crash(1);
        group.run(5_000, m -> true);
        assertEquals(ReplicaStatus.Role.FOLLOWER, group.status(2).role());
        assertEquals(0, group.status(2).term());
        assertEquals(0, group.leader());
    }

    /** One after the other of five dies; each time one that has everything takes over. */
    @Test
    @Tag("lab:MIT-2015.viewservice.BackupTakesOver")
    @Tag("lab:MIT-2015.viewservice.RestartedServerBecomesBackup")
    @Tag("lab:MIT-2015.viewservice.IdleThirdPromoted")
    @Tag("lab:DSLabs.lab2.ViewBackupTakesOver")
    @Tag("lab:DSLabs.lab2.ViewRestartedBecomesBackup")
    @Tag("lab:DSLabs.lab2.ViewIdleThirdPromoted")
    void leadersDieAndOthersTakeOver() {
        LabGroup lab = new LabGroup(5);
        lab.one("a", 5);
        int first = lab.leader();
        long term = lab.group().status(first).term();
        lab.crash(first);
        lab.one("b", 4);
        int second = lab.leader();
        assertTrue(lab.group().status(second).term() > term, "a view of its own");
        lab.crash(second);
        lab.one("c", 3);
        int third = lab.leader();
        assertTrue(third != first && third != second);
        lab.start(first);
        lab.start(second);
        lab.run(3_000);
        assertEquals(third, lab.leader(), "who comes back follows");
        lab.one("d", 5);
        assertEquals(List.of("a", "b", "c", "d"), lab.commands());
    }
}
