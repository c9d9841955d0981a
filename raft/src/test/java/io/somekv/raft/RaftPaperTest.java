package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.raft.ReplicaStatus.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The claims of "In Search of an Understandable Consensus Algorithm" (Ongaro, Ousterhout, extended
 * version), one test each, named by section.
 */
final class RaftPaperTest {
    // 5.1 Raft basics

    /** §5.1: if one server's current term is smaller than the other's, it takes the larger. */
    @Test
    void s51AServerTakesTheLargerTerm() {
        Group group = Group.of(3);
        group.receive(heartbeat(2, 1, 5, EntryId.ZERO, 0));
        assertEquals(5, group.status(1).term());
    }

    /** §5.1: a leader that finds its term out of date reverts to follower at once. */
    @Test
    void s51AStaleLeaderStepsDown() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.receive(new Message.AppendRejected(2, 1, 7, EntryId.ZERO, EntryId.ZERO, 0, 0));
        assertEquals(Role.FOLLOWER, group.status(1).role());
        assertEquals(7, group.status(1).term());
    }

    /** §5.1: a request with a stale term is rejected. */
    @Test
    void s51AStaleRequestIsRejected() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.crash(1);
        group.campaign(2);
        group.settle();
        EntryId before = group.status(3).last();
        group.receive(append(1, 3, 1, new EntryId(1, 1), 1, new EntryId(1, 2)));
        assertEquals(before, group.status(3).last());
        Message.AppendRejected reply = (Message.AppendRejected) group.network().getLast();
        assertEquals(group.status(3).term(), reply.term());
    }

    /** §5.1: servers ask again whoever does not answer in time, and nobody else. */
    @Test
    void s51VotesAreAskedForUntilThereIsAnAnswer() {
        Group group = Group.of(5);
        group.campaign(1);
        group.settle(m -> m.from() <= 2 && m.to() <= 2);
        group.tick(1, 10);
        assertEquals(List.of(3L, 4L, 5L), group.network().stream().map(Message::to).toList());
        group.settle(m -> !(m instanceof Message.RequestVote) || m.to() == 2);
        assertEquals(Role.CANDIDATE, group.status(1).role());
        group.tick(1, 10);
        assertEquals(List.of(3L, 4L, 5L), group.network().stream().map(Message::to).toList());
        group.settle();
        assertEquals(1, group.leader());
        assertEquals(1, group.status(1).term(), "all in one campaign");
    }

    // 5.2 Leader election

    /** §5.2: servers start as followers. */
    @Test
    void s52StartsAsFollower() {
        assertEquals(Role.FOLLOWER, Group.of(3).status(1).role());
    }

    /** §5.2: a server stays follower as long as it hears from a leader. */
    @Test
    void s52StaysFollowerWhileTheLeaderIsHeard() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.run(1000, m -> true);
        assertEquals(1, group.leader());
        assertEquals(1, group.status(2).term());
    }

    /** §5.2: to begin an election, a follower raises its term, and votes for itself. */
    @Test
    void s52ACandidateRaisesItsTermAndVotesForItself() {
        Group group = Group.of(3);
        group.campaign(1);
        group.deliver(m -> true);
        group.deliver(m -> true);
        group.syncAll(1);
        assertEquals(Role.CANDIDATE, group.status(1).role());
        assertEquals(new HardState(1, 1, 0), group.disk(1).hardState());
    }

    /** §5.2: it wins with the votes of a majority of the full cluster, and with no fewer. */
    @Test
    void s52AMajorityOfTheFullClusterWins() {
        for (int size : new int[] {1, 2, 3, 4, 5, 7}) {
            int peers = size / 2;
            for (int up = 0; up <= peers; up++) {
                int reachable = up + 1;
                Group group = Group.of(size);
                group.campaign(1);
                group.settle(m -> m.from() <= reachable && m.to() <= reachable);
                boolean isMajority = reachable > size - reachable;
                assertEquals(isMajority, group.leader() == 1, reachable + " of " + size);
            }
        }
    }

    /** §5.2: at most one vote a term, first come first served. */
    @Test
    void s52OneVoteATermFirstComeFirstServed() {
        Group group = Group.of(3);
        group.wait(200);
        group.receive(new Message.RequestVote(2, 1, 5, EntryId.ZERO, false));
        group.receive(new Message.RequestVote(3, 1, 5, EntryId.ZERO, false));
        group.receive(new Message.RequestVote(2, 1, 5, EntryId.ZERO, false));
        group.syncAll(1);
        List<Boolean> granted = new ArrayList<>();
        for (Message message : group.network()) {
            granted.add(((Message.RequestVoteReply) message).granted());
        }
        assertEquals(List.of(true, false, true), granted);
    }

    /** §5.2: the vote survives a crash. */
    @Test
    void s52TheVoteIsRememberedAcrossACrash() {
        Group group = Group.of(3);
        group.wait(200);
        group.receive(new Message.RequestVote(2, 1, 5, EntryId.ZERO, false));
        group.syncAll(1);
        group.crash(1);
        group.dropAll();
        group.start(1);
        group.wait(200);
        group.receive(new Message.RequestVote(3, 1, 5, EntryId.ZERO, false));
        assertFalse(((Message.RequestVoteReply) group.network().getLast()).granted());
    }

    /** §5.2: a candidate that hears from a leader of its term follows it. */
    @Test
    void s52ACandidateFollowsALeaderOfItsTerm() {
        Group group = Group.of(3);
        group.campaign(1);
        group.deliver(m -> true);
        group.deliver(m -> true);
        group.receive(heartbeat(2, 1, 1, EntryId.ZERO, 0));
        assertEquals(Role.FOLLOWER, group.status(1).role());
        assertEquals(2, group.status(1).leaderId());
    }

    /** §5.2: with the vote split, a candidate times out and begins anew, in a higher term. */
    @Test
    void s52ASplitVoteEndsInANewElection() {
        Group group = Group.of(3);
        group.campaign(1);
        group.settle(m -> !(m instanceof Message.RequestVote));
        assertEquals(Role.CANDIDATE, group.status(1).role());
        group.campaign(1);
        group.settle();
        assertEquals(1, group.leader());
        assertEquals(2, group.status(1).term());
    }

    /** §5.2: election timeouts are drawn from a fixed interval, and differ. */
    @Test
    void s52ElectionTimeoutsAreRandom() {
        TreeSet<Long> timeouts = new TreeSet<>();
        Membership membership = Group.of(3).replica(1).membership();
        for (long seed = 0; seed < 100; seed++) {
            RaftReplica replica =
                    new RaftReplica(
                            Group.CONFIG, 1, Recovered.fresh(1, membership), seed, new Now(0, 0));
            timeouts.add(replica.nextDeadlineNanos());
        }
        assertTrue(timeouts.size() > 90);
        assertTrue(timeouts.first() >= 100_000_000);
        assertTrue(timeouts.last() < 200_000_000);
    }

    // 5.3 Log replication

    /** §5.3: a leader appends a command as a new entry, and sends it to all in parallel. */
    @Test
    void s53ALeaderAppendsAndSendsToAll() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.propose(1, "x");
        assertEquals(new EntryId(1, 2), group.status(1).last());
        assertEquals(List.of(2L, 3L), group.network().stream().map(Message::to).toList());
    }

    /** §5.3: an entry is committed once a majority has it; then it is applied. */
    @Test
    void s53AnEntryCommitsOnAMajority() {
        for (int size : new int[] {1, 2, 3, 5}) {
            Group group = Group.led(Group.CONFIG, size, 1);
            group.propose(1, "x");
            int majority = size / 2 + 1;
            group.settle(m -> m.from() <= majority && m.to() <= majority);
            assertEquals(2, group.committed(1).size(), "of " + size);
        }
    }

    /** §5.3: followers learn the commit index and apply, in log order. */
    @Test
    void s53FollowersApplyInLogOrder() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        for (String text : List.of("a", "b", "c")) {
            group.propose(1, text);
        }
        group.settle();
        for (int id = 1; id <= 3; id++) {
            assertEquals("1/1:noop 1/2:a 1/3:b 1/4:c", Transcript.entries(group.committed(id)));
        }
    }

    /** §5.3: a follower refuses entries that do not follow what it has. */
    @Test
    void s53TheConsistencyCheckRefusesAGap() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.receive(append(1, 2, 1, new EntryId(1, 5), 0, new EntryId(1, 6)));
        assertEquals(new EntryId(1, 1), group.status(2).last());
        Message.AppendRejected reply = (Message.AppendRejected) group.network().getLast();
        assertEquals(new EntryId(1, 5), reply.rejected());
        assertEquals(new EntryId(1, 1), reply.hint());
    }

    /** §5.3: an existing entry that conflicts with a new one is deleted, with all behind it. */
    @Test
    void s53AConflictDeletesTheEntryAndAllBehindIt() {
        Group group = Group.of(3);
        group.receive(append(2, 1, 1, EntryId.ZERO, 0, new EntryId(1, 1), new EntryId(1, 2)));
        group.receive(append(3, 1, 2, EntryId.ZERO, 0, new EntryId(2, 1)));
        group.syncAll(1);
        assertEquals("2/1:noop", Transcript.entries(group.disk(1).entries()));
    }

    /** §5.3: what is already there is not deleted by a late, shorter message. */
    @Test
    void s53ALateMessageDeletesNothing() {
        Group group = Group.of(3);
        group.receive(append(2, 1, 1, EntryId.ZERO, 0, new EntryId(1, 1), new EntryId(1, 2)));
        group.receive(append(2, 1, 1, EntryId.ZERO, 0, new EntryId(1, 1)));
        assertEquals(new EntryId(1, 2), group.status(1).last());
    }

    /** Figure 2: commit becomes min(leaderCommit, index of the last new entry). */
    @Test
    void figure2CommitIsBoundedByTheLastNewEntry() {
        Group group = Group.of(3);
        group.receive(append(2, 1, 1, EntryId.ZERO, 9, new EntryId(1, 1)));
        assertEquals(1, group.status(1).commit());
    }

    /** Figure 3, Leader Append-Only; committed entries are never cut: a bug would stop the node. */
    @Test
    void figure3WhatIsCommittedIsNeverOverwritten() {
        Group group = Group.of(3);
        group.receive(append(2, 1, 1, EntryId.ZERO, 1, new EntryId(1, 1)));
        boolean stopped = false;
        try {
            group.receive(append(3, 1, 2, EntryId.ZERO, 0, new EntryId(2, 1)));
        } catch (Invariant.Violation _) {
            stopped = true;
        }
        assertTrue(stopped);
    }

    // 5.4 Safety

    /** §5.4.1: a voter denies its vote to a candidate whose log is less up to date. */
    @Test
    void s541OnlyAnUpToDateCandidateGetsTheVote() {
        record Row(EntryId candidate, boolean granted) {}
        List<Row> rows =
                List.of(
                        new Row(new EntryId(3, 3), true),
                        new Row(new EntryId(3, 4), true),
                        new Row(new EntryId(4, 1), true),
                        new Row(new EntryId(3, 2), false),
                        new Row(new EntryId(2, 9), false));
        for (Row row : rows) {
            Group group = new Group(Group.CONFIG, 3, 0);
            group.disk(1).seed(new HardState(3, 0, 0), entries(1, 1, 3));
            group.startAll();
            group.wait(200);
            group.receive(new Message.RequestVote(2, 1, 7, row.candidate(), false));
            group.syncAll(1);
            Message.RequestVoteReply reply = (Message.RequestVoteReply) group.network().getLast();
            assertEquals(row.granted(), reply.granted(), row.toString());
        }
    }

    /** §5.4.2: only entries of the current term commit by counting replicas. */
    @Test
    void s542OlderEntriesCommitOnlyAlongWithANewOne() {
        Group group = new Group(Group.CONFIG, 3, 0);
        for (int id = 1; id <= 3; id++) {
            group.disk(id).seed(new HardState(1, 0, 0), entries(1, 1));
        }
        group.startAll();
        group.campaign(1);
        group.settle(m -> !(m instanceof Message.AppendEntries));
        EntryId own = group.status(1).last();
        group.receive(new Message.AppendAccepted(2, 1, own.term(), own.index() - 1, 0, 0));
        group.receive(new Message.AppendAccepted(3, 1, own.term(), own.index() - 1, 0, 0));
        assertEquals(0, group.status(1).commit());
        group.receive(new Message.AppendAccepted(2, 1, own.term(), own.index(), 0, 0));
        assertEquals(own.index(), group.status(1).commit());
    }

    // 5.5 and 5.6

    /** §5.5: requests are idempotent: the same one twice does no harm. */
    @Test
    void s55RequestsAreIdempotent() {
        Group group = Group.of(3);
        Message.AppendEntries message = append(2, 1, 1, EntryId.ZERO, 0, new EntryId(1, 1));
        group.receive(message);
        group.receive(message);
        group.syncAll(1);
        group.receive(message);
        assertEquals("1/1:noop", Transcript.entries(group.disk(1).entries()));
    }

    /** §5.6: with a leader lost, another is elected, and the group goes on. */
    @Test
    void s56AnotherLeaderIsElected() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.crash(1);
        group.run(1000, m -> true);
        assertNotEquals(0, group.leader());
        assertTrue(group.committed(2).size() >= 2);
    }

    // 8 Client interaction

    /** §8: a leader commits a blank entry at the start of its term. */
    @Test
    void s8ALeaderBeginsWithABlankEntry() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        assertEquals(EntryKind.NOOP, group.committed(1).getFirst().kind());
    }

    /** §8: a leader exchanges heartbeats with a majority before it answers a read. */
    @Test
    void s8AReadWaitsForAMajority() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.step(1, new Input.Read(7, 0));
        assertEquals(List.of(), group.reads(1));
        group.settle();
        assertEquals(List.of(new ReadResult.Confirmed(7, 1)), group.reads(1));
    }

    private static Message.AppendEntries heartbeat(
            long from, long to, long term, EntryId previous, long commit) {
        return new Message.AppendEntries(from, to, term, previous, List.of(), commit, 0);
    }

    private static Message.AppendEntries append(
            long from, long to, long term, EntryId previous, long commit, EntryId... ids) {
        List<Entry> entries = new ArrayList<>();
        for (EntryId id : ids) {
            entries.add(new Entry(id, EntryKind.NOOP, 0, Bytes.EMPTY));
        }
        return new Message.AppendEntries(from, to, term, previous, entries, commit, 0);
    }

    private static List<Entry> entries(long... terms) {
        List<Entry> entries = new ArrayList<>();
        for (long term : terms) {
            EntryId id = new EntryId(term, entries.size() + 1);
            entries.add(new Entry(id, EntryKind.NOOP, 0, Bytes.EMPTY));
        }
        return entries;
    }
}
