package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What peers and networks do that they should not, and how a group lives on. */
final class PeerInputTest {
    /** For another replica, of no term, or with holes: as if it had been lost. */
    @Test
    void whatIsNotWellFormedIsDropped() {
        EntryId one = new EntryId(1, 1);
        EntryId two = new EntryId(1, 2);
        EntryId three = new EntryId(1, 3);
        List<Message> messages =
                List.of(
                        append(2, 3, 5, EntryId.ZERO, one),
                        append(1, 1, 5, EntryId.ZERO, one),
                        append(2, 1, 0, EntryId.ZERO, one),
                        append(2, 1, 5, EntryId.ZERO, two),
                        append(2, 1, 5, EntryId.ZERO, one, three),
                        append(2, 1, 5, EntryId.ZERO, new EntryId(6, 1)),
                        append(2, 1, 5, EntryId.ZERO, new EntryId(2, 1), new EntryId(1, 2)));
        for (Message message : messages) {
            Group group = Group.of(3);
            group.wait(200);
            group.step(1, new Input.Received(message));
            assertEquals(0, group.status(1).term(), message.toString());
            assertEquals(EntryId.ZERO, group.status(1).last(), message.toString());
            assertEquals(List.of(), group.network(), message.toString());
        }
    }

    /** A learner never campaigns, and nobody asks it for its vote; if it gives one, none counts. */
    @Test
    void theVoteOfALearnerDoesNotCount() {
        Group group = new Group(Group.CONFIG, 3, 1);
        group.startAll();
        group.tick(4, 500);
        assertEquals(3, group.take(m -> m instanceof Message.Inquiry).size());
        assertEquals(List.of(), group.network());
        group.campaign(1);
        assertEquals(2, group.take(m -> m instanceof Message.PreVote).size());
        group.receive(new Message.PreVoteReply(4, 1, 1, 0, true));
        assertEquals(ReplicaStatus.Role.PRE_CANDIDATE, group.status(1).role());
        group.receive(new Message.PreVoteReply(2, 1, 1, 0, true));
        group.sync(1);
        group.receive(new Message.RequestVoteReply(4, 1, 1, true, Group.START_WALL_MILLIS));
        assertEquals(ReplicaStatus.Role.CANDIDATE, group.status(1).role());
    }

    /**
     * Raft section 6: a leader or candidate that this replica has not heard of may have joined
     * since. One that is known to be gone is not heard.
     */
    @Test
    void strangersAreHeardAndTheGoneAreNot() {
        for (long stranger : new long[] {4, 9}) {
            Group group = Group.of(3);
            group.wait(200);
            group.receive(append(stranger, 1, 5, EntryId.ZERO, new EntryId(1, 1)));
            assertEquals(5, group.status(1).term());
            assertEquals(stranger, group.status(1).leaderId());
        }
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.change(1, new MembershipChange.Remove(3));
        group.run(300, m -> true);
        long term = group.status(1).term();
        group.receive(new Message.RequestVote(3, 1, term + 1, new EntryId(9, 9), true));
        assertEquals(term, group.status(1).term());
    }

    /** KB-12: 1 and 2 do not reach each other, 3 reaches both: there is a leader, and it stays. */
    @Test
    @Tag("kb-12")
    void aPartialPartitionKeepsOneLeader() {
        Predicate<Message> bridge =
                m -> !(m.from() == 1 && m.to() == 2) && !(m.from() == 2 && m.to() == 1);
        for (int first = 1; first <= 3; first++) {
            Group group = Group.led(Group.CONFIG, 3, first);
            group.run(2000, bridge);
            int leader = group.leader();
            assertNotEquals(0, leader);
            long term = group.status(leader).term();
            int before = group.committed(leader).size();
            group.propose(leader, "x");
            group.run(2000, bridge);
            assertEquals(leader, group.leader(), "nobody disturbs it");
            assertEquals(term, group.status(leader).term());
            assertTrue(group.committed(leader).size() > before);
        }
    }

    /** KB-8: whatever the terms and logs, a majority that can talk finds a leader. */
    @Test
    @Tag("kb-8")
    void mixedTermsAndLogsDoNotDeadlock() {
        long[][] logs = {{1, 1, 5}, {1, 1}, {1, 1, 3, 3}};
        for (int down = 0; down <= 3; down++) {
            for (int high = 1; high <= 3; high++) {
                Group group = new Group(Group.CONFIG, 3, 0);
                for (int id = 1; id <= 3; id++) {
                    long term = id == high ? 20 : 5;
                    group.disk(id).seed(new HardState(term, 0, 0), entries(logs[id - 1]));
                }
                group.startAll();
                if (down > 0) {
                    group.crash(down);
                }
                group.run(3000, m -> true);
                assertNotEquals(0, group.leader(), "down " + down + ", high term " + high);
            }
        }
    }

    /**
     * KB-50: whichever clocks are wrong, two of three healthy replicas find a leader that stamps.
     */
    @Test
    @Tag("kb-50")
    void wrongClocksNeverLeaveAGroupWithoutALeader() {
        long[] leads = {0, 86_400_000, -86_400_000, 700};
        for (int down = 0; down <= 3; down++) {
            for (int mix = 0; mix < 64; mix++) {
                Group group = new Group(Group.CONFIG, 3, 0);
                group.disk(1).seed(new HardState(1, 0, 0), entries(1, 1, 1));
                group.disk(2).seed(new HardState(1, 0, 0), entries(1, 1));
                group.clockLead(1, leads[mix & 3]);
                group.clockLead(2, leads[mix >> 2 & 3]);
                group.clockLead(3, leads[mix >> 4 & 3]);
                group.startAll();
                if (down > 0) {
                    group.crash(down);
                }
                group.run(1500, m -> true);
                int leader = group.leader();
                String what = "down " + down + ", mix " + mix;
                assertNotEquals(0, leader, what);
                int before = group.committed(leader).size();
                group.propose(leader, "x");
                group.run(100, m -> true);
                assertTrue(group.committed(leader).size() > before, what);
            }
        }
    }

    /**
     * KB-50: under load heartbeats go out with what is proposed, and none is ever due at a tick.
     * The leader looks at its clock all the same.
     */
    @Test
    @Tag("kb-50")
    void aClockThatIsAheadYieldsUnderLoad() {
        Group group = Group.led(Group.CONFIG, 3, 1);
        group.clockLead(2, -86_400_000);
        group.clockLead(3, -86_400_000);
        int heartbeatMillis = (int) (Group.CONFIG.heartbeatNanos() / 1_000_000);
        for (int i = 0; i < 20 && group.leader() == 1; i++) {
            group.wait(heartbeatMillis);
            group.propose(1, "x" + i);
            group.settle();
            group.tick(1, 0);
            group.settle();
        }
        assertNotEquals(1, group.leader());
    }

    private static Message append(long from, long to, long term, EntryId previous, EntryId... ids) {
        List<Entry> entries = new ArrayList<>();
        for (EntryId id : ids) {
            entries.add(new Entry(id, EntryKind.NOOP, 0, Bytes.EMPTY));
        }
        return new Message.AppendEntries(from, to, term, previous, entries, 0, 0);
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
