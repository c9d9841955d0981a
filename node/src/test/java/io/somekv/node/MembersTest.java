package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Message;
import io.somekv.raft.ReplicaStatus;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Members of a group come and go while it serves (thesis chapter 4). */
class MembersTest {
    private static final long GROUP = 1;

    /** A group on the first three of five nodes; it need not own a shard for this. */
    private static LaneCluster onThreeOfFive() {
        LaneCluster cluster = new LaneCluster(5);
        cluster.createGroup(GROUP, 3);
        cluster.run(500);
        return cluster;
    }

    private static MembershipChange.Add add(long node, long replaces) {
        return new MembershipChange.Add(node, LaneCluster.storeOf(node), replaces);
    }

    private static Membership membership(LaneCluster cluster, long node) {
        return cluster.lane(node, GROUP).status(cluster.now()).stream()
                .filter(status -> status.groupId() == GROUP)
                .findFirst()
                .orElseThrow()
                .membership();
    }

    private static List<Long> voterNodes(LaneCluster cluster, long node) {
        return membership(cluster, node).voters().stream().map(Member::nodeId).toList();
    }

    private static boolean hosts(LaneCluster cluster, long node) {
        return cluster.lane(node, GROUP).status(cluster.now()).stream()
                .anyMatch(status -> status.groupId() == GROUP);
    }

    @Test
    @Tag("lab:MIT-2015.viewservice.FirstBackup")
    @Tag("lab:MIT-2015.viewservice.IdleThirdPromoted")
    @Tag("lab:MIT-2015.viewservice.UninitialisedServerNeverPrimary")
    @Tag("lab:DSLabs.lab2.ViewFirstBackup")
    @Tag("lab:DSLabs.lab2.ViewIdleThirdPromoted")
    @Tag("lab:DSLabs.lab2.ViewUninitialisedNeverPrimary")
    void aNodeJoinsAndVotesOnceItHasTheLog() {
        LaneCluster cluster = onThreeOfFive();
        long leader = cluster.leaderOf(GROUP);
        assertEquals(new Outcome.Ok(), cluster.change(leader, GROUP, add(4, 0)));
        assertEquals(3, membership(cluster, leader).voters().size());
        cluster.run(200);
        assertEquals(List.of(1L, 2L, 3L, 4L), voterNodes(cluster, leader));
        assertEquals(List.of(1L, 2L, 3L, 4L), voterNodes(cluster, 4));
        assertTrue(cluster.disk(4).knows(GROUP));
    }

    @Test
    @Tag("lab:MIT-2015.viewservice.DeadBackupRemoved")
    @Tag("lab:DSLabs.lab2.ViewDeadBackupRemoved")
    void aDeadNodeIsReplacedInOneStep() {
        LaneCluster cluster = onThreeOfFive();
        long dead = 1 + cluster.leaderOf(GROUP) % 3;
        cluster.crash(dead);
        cluster.run(300);
        long leader = cluster.leaderOf(GROUP);
        assertEquals(new Outcome.Ok(), cluster.change(leader, GROUP, add(5, dead)));
        cluster.run(200);
        assertFalse(voterNodes(cluster, leader).contains(dead));
        assertTrue(voterNodes(cluster, 5).contains(5L));
        assertEquals(3, voterNodes(cluster, 5).size());
    }

    /** KB-7, KB-41: it is told, disturbs nobody, and its id is not given again. */
    @Test
    @Tag("kb-7")
    void aReplicaThatWasRemovedWhileAwayIsDestroyedWhenItComesBack() {
        LaneCluster cluster = onThreeOfFive();
        long away = 1 + cluster.leaderOf(GROUP) % 3;
        cluster.cutOff(away);
        cluster.run(300);
        long leader = cluster.leaderOf(GROUP);
        assertEquals(
                new Outcome.Ok(), cluster.change(leader, GROUP, new MembershipChange.Remove(away)));
        cluster.run(100);
        long term = cluster.lane(leader, GROUP).status(cluster.now()).getFirst().replica().term();
        cluster.heal();
        cluster.run(1000);
        assertFalse(hosts(cluster, away));
        assertFalse(cluster.disk(away).knows(GROUP));
        assertEquals(
                term,
                cluster.lane(leader, GROUP).status(cluster.now()).getFirst().replica().term());
        assertEquals(new Outcome.Ok(), cluster.change(leader, GROUP, add(away, 0)));
        cluster.run(300);
        assertEquals(3, voterNodes(cluster, away).size());
        assertEquals(4, membership(cluster, away).find(4).orElseThrow().replicaId());
    }

    @Test
    void theLeaderItselfIsRemovedAndAnotherLeadsAtOnce() {
        LaneCluster cluster = onThreeOfFive();
        long leader = cluster.leaderOf(GROUP);
        cluster.change(leader, GROUP, new MembershipChange.Remove(leader));
        cluster.run(20);
        long next = cluster.leaderOf(GROUP);
        assertTrue(next != 0 && next != leader);
        assertEquals(2, voterNodes(cluster, next).size());
        assertFalse(hosts(cluster, leader));
    }

    /**
     * Of one batch: a read, a newer leader, and that this replica was removed. The read is refused
     * as the replica settles for the last time, and the lane knows nobody else to ask next: it asks
     * the same one. Two records that a replica is no more make a log that no start accepts.
     */
    @Test
    void aReplicaThatIsAskedOnceMoreWhileItIsDestroyedSaysFarewellOnce() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.createGroup(GroupSpec.MASTER);
        cluster.run(500);
        long removed = cluster.leaderOf(GroupSpec.MASTER);
        long other = 1 + removed % 3;
        cluster.connection(removed, other, false);
        cluster.connection(removed, 1 + other % 3, false);
        cluster.run(1);
        ReplicaStatus status =
                cluster.lane(removed, GroupSpec.MASTER).status(cluster.now()).getFirst().replica();
        long term = status.term() + 1;
        long read = cluster.begin(removed, GroupSpec.MASTER, new Command.QueryConfig(1));
        arrive(
                cluster,
                new Message.AppendEntries(
                        other, removed, term, status.last(), List.of(), status.commit(), 1));
        arrive(cluster, new Message.Gone(other, removed, term));
        cluster.run(10);
        assertFalse(cluster.disk(removed).knows(GroupSpec.MASTER));
        assertEquals(new Outcome.NotLeader(0), cluster.await(read));
    }

    /** Nodes have one replica each here, of the same number. */
    private static void arrive(LaneCluster cluster, Message message) {
        Envelope envelope = new Envelope(GroupSpec.MASTER, message);
        Frame frame = new Frame.Consensus(ConsensusCodec.encode(List.of(envelope)));
        cluster.arrive(message.from(), message.to(), frame);
    }

    /** Whoever asks hears the reason; nothing changes, and the disk that is named is the one. */
    @Test
    void whatMustNotBeIsRefusedWithTheReason() {
        LaneCluster cluster = onThreeOfFive();
        long leader = cluster.leaderOf(GROUP);
        Outcome has = cluster.change(leader, GROUP, add(1 + leader % 3, 0));
        assertTrue(assertInstanceOf(Outcome.Invalid.class, has).message().contains("already"));
        long follower = 1 + leader % 3;
        assertEquals(new Outcome.NotLeader(leader), cluster.change(follower, GROUP, add(4, 0)));
        MembershipChange foreign = new MembershipChange.Add(4, new UUID(6, 6), 0);
        assertEquals(new Outcome.Ok(), cluster.change(leader, GROUP, foreign));
        cluster.run(500);
        assertFalse(hosts(cluster, 4), "it is another disk that was to join");
        assertEquals(3, membership(cluster, leader).voters().size());
        assertEquals(
                new Outcome.Ok(), cluster.change(leader, GROUP, new MembershipChange.Remove(4)));
        assertEquals(0, membership(cluster, leader).learners().size());
    }
}
