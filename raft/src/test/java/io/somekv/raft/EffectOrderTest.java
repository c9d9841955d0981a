package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.raft.ReplicaStatus.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The effect-ordering rules of the design, one test each. */
final class EffectOrderTest {
    /** Rule 1: votes, vote requests and append acknowledgements leave only when durable. */
    @Test
    void rule1VotesAndAcknowledgementsWaitForDurability() {
        Group group = Group.of(3);
        group.campaign(1);
        group.deliver(m -> true);
        group.deliver(m -> true);
        assertEquals(Role.CANDIDATE, group.status(1).role());
        assertEquals(List.of(), sent(group, Message.RequestVote.class));
        group.sync(1);
        assertEquals(2, sent(group, Message.RequestVote.class).size());

        group.deliver(m -> m.to() == 2);
        assertEquals(List.of(), sent(group, Message.RequestVoteReply.class));
        group.sync(2);
        assertEquals(1, sent(group, Message.RequestVoteReply.class).size());

        group.deliver(m -> m.to() == 1);
        group.deliver(m -> m.to() == 2);
        assertEquals(List.of(), sent(group, Message.AppendAccepted.class));
        group.sync(2);
        assertEquals(1, sent(group, Message.AppendAccepted.class).size());
    }

    /** Rule 2: entries go out before the leader's own sync; its own match counts only after. */
    @Test
    void rule2LeaderSendsBeforeItsOwnSyncAndCountsItselfAfter() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.propose(1, "x");
        assertEquals(1, group.disk(1).pendingCount());
        assertEquals(2, sent(group, Message.AppendEntries.class).size());
        group.deliver(m -> m.to() == 2);
        group.sync(2);
        group.deliver(m -> m.to() == 1);
        assertEquals(1, group.status(1).commit(), "one follower and an unsynced leader: no quorum");
        group.sync(1);
        assertEquals(2, group.status(1).commit());
    }

    /** Rule 3: acknowledgements of another incarnation, or of what was cut, vouch for nothing. */
    @Test
    void rule3LateStorageAcknowledgementsAreRecognised() {
        Group group = Group.led(Group.CONFIG, 1, 1);
        group.propose(1, "x");
        PersistMark lost = group.disk(1).sync().mark();
        group.crash(1);
        group.start(1);
        group.tick(1, 0);
        group.sync(1);
        long commit = group.status(1).commit();
        group.step(1, new Input.Persisted(lost));
        assertEquals(commit, group.status(1).commit());
        group.step(
                1, new Input.Persisted(new PersistMark(lost.incarnation(), 2, new EntryId(9, 9))));
        assertEquals(commit, group.status(1).commit());
    }

    /** Rule 4: committed is not enough; a leader too applies only what it has synced itself. */
    @Test
    void rule4OnlyCommittedAndDurableEntriesAreApplied() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.propose(1, "x");
        group.deliver(m -> true);
        group.sync(2);
        group.sync(3);
        group.deliver(m -> m.to() == 1);
        assertEquals(2, group.status(1).commit());
        assertEquals(1, group.committed(1).size());
        group.sync(1);
        assertEquals(2, group.committed(1).size());
    }

    /** Rule 5: a leader whose disk is stuck yields to one whose disk is not, and stays silent. */
    @Test
    void rule5LeaderWithAStuckDiskYields() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.propose(1, "x");
        for (int i = 0; i < 70 && group.status(1).role() == Role.LEADER; i++) {
            group.tick(1, 10);
            group.settleWithDiskStuck(1);
        }
        assertEquals(Role.FOLLOWER, group.status(1).role());
        group.dropAll();
        for (int i = 0; i < 10; i++) {
            group.tick(1, 100);
        }
        assertEquals(List.of(), group.network(), "silent while its disk is stuck");
        assertEquals(Role.FOLLOWER, group.status(1).role());
    }

    /** Rule 6: no vote within the minimum election timeout of leader contact. */
    @Test
    void rule6VotesAreRefusedAfterLeaderContact() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.wait(99);
        group.receive(new Message.PreVote(3, 2, 9, new EntryId(8, 8)));
        assertFalse(((Message.PreVoteReply) group.network().getLast()).granted());
        group.dropAll();
        group.receive(new Message.RequestVote(3, 2, 9, new EntryId(8, 8), false));
        assertEquals(1, group.status(2).term(), "not even the term is adopted");
        group.wait(1);
        group.receive(new Message.RequestVote(3, 2, 9, new EntryId(8, 8), false));
        group.syncAll(2);
        assertTrue(((Message.RequestVoteReply) group.network().getLast()).granted());
    }

    /** Rule 6: no vote within the minimum election timeout of process start. */
    @Test
    void rule6VotesAreRefusedAfterProcessStart() {
        Group group = Group.of(3);
        group.wait(99);
        group.receive(new Message.RequestVote(3, 2, 9, new EntryId(8, 8), false));
        assertEquals(List.of(), group.network());
        assertEquals(0, group.status(2).term());
        group.wait(1);
        group.receive(new Message.RequestVote(3, 2, 9, new EntryId(8, 8), false));
        group.syncAll(2);
        assertTrue(((Message.RequestVoteReply) group.network().getLast()).granted());
    }

    private static List<Message> sent(Group group, Class<? extends Message> type) {
        return group.network().stream().filter(type::isInstance).toList();
    }
}
