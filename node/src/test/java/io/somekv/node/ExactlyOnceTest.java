package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.frame.Frame;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A write is executed once, whatever becomes of its copies and of the answers to them. */
class ExactlyOnceTest {
    private static final Bytes KEY = Bytes.utf8("k");
    private static final Command APPEND = new Command.Append(KEY, Bytes.utf8("x"));

    private static LaneCluster started(Set<Mutation> mutations) {
        LaneCluster cluster = new LaneCluster(3, LaneNodes.Setup.DEFAULT.withMutations(mutations));
        cluster.start(4, 1);
        cluster.run(500);
        return cluster;
    }

    private static LaneCluster started() {
        return started(Collections.emptySet());
    }

    private static long notLeader(LaneCluster cluster) {
        return cluster.leaderOf(1) % 3 + 1;
    }

    /** How often {@link #APPEND} shows in the value. */
    private static long executed(LaneCluster cluster, long node) {
        Outcome length = cluster.ask(node, new Command.StringLength(KEY));
        return assertInstanceOf(Outcome.Int.class, length).value();
    }

    /** The reply of an executed append is lost, so the node that asked asks again. */
    private static long executedWhenAReplyIsLost(Set<Mutation> mutations) {
        LaneCluster cluster = started(mutations);
        long node = notLeader(cluster);
        TreeSet<Long> lost = new TreeSet<>();
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Reply reply
                                && reply.outcome() instanceof Outcome.Int
                                && lost.add(1L)
                        ? Fate.IS_LOST
                        : Fate.ARRIVES);
        assertInstanceOf(Outcome.Int.class, cluster.ask(node, APPEND));
        assertEquals(1, lost.size());
        return executed(cluster, node);
    }

    @Test
    @Tag("kb-46")
    @Tag("lab:MIT-2015.pbservice.TestAtMostOnce")
    @Tag("lab:DSLabs.lab1.Basic")
    void aRetryAfterALostReplyIsTheSameRequest() {
        assertEquals(1, executedWhenAReplyIsLost(Collections.emptySet()));
    }

    @Test
    @Tag("kb-46")
    void aRetryUnderANewIdWouldBeExecutedAgain() {
        assertEquals(2, executedWhenAReplyIsLost(EnumSet.of(Mutation.RETRY_UNDER_NEW_ID)));
    }

    /**
     * In each of two lives, which begin alike, a node that is not the leader asks for an append.
     */
    private static long executedInTwoLives(Set<Mutation> mutations) {
        LaneCluster cluster = started(mutations);
        long node = notLeader(cluster);
        for (int life = 0; life < 2; life++) {
            cluster.crash(node);
            cluster.restart(node);
            cluster.run(500);
            assertInstanceOf(Outcome.Int.class, cluster.ask(node, APPEND));
        }
        return executed(cluster, node);
    }

    @Test
    @Tag("kb-54")
    void aNodeThatIsStartedAnewAsksUnderNewIds() {
        assertEquals(2, executedInTwoLives(Collections.emptySet()));
    }

    @Test
    @Tag("kb-54")
    void whatANodeAsksUnderAnOldIdWouldBeAnsweredAndLost() {
        assertEquals(1, executedInTwoLives(EnumSet.of(Mutation.FORWARDER_ID_REUSED)));
    }

    @Test
    void aCallThatArrivesTwiceIsExecutedOnce() {
        LaneCluster cluster = started();
        long node = notLeader(cluster);
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Call call && isWrite(call)
                        ? Fate.ARRIVES_AND_IS_HELD
                        : Fate.ARRIVES);
        assertEquals(new Outcome.Int(1), cluster.ask(node, APPEND));
        assertTrue(cluster.heldCount() > 0);
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        assertEquals(new Outcome.Int(2), cluster.ask(node, APPEND));
        cluster.releaseHeld();
        cluster.run(50);
        assertEquals(2, executed(cluster, node));
    }

    private static boolean isWrite(Frame.Call call) {
        return call.request().command() instanceof Command.Append;
    }

    /**
     * A call that was answered "not executed" has a copy on the way; its client has been told so
     * when the copy meets the group's next leader.
     */
    private static long executedByACopyOfARefusedCall(Set<Mutation> mutations) {
        LaneCluster cluster = started(mutations);
        long node = notLeader(cluster);
        assertEquals(new Outcome.Int(1), cluster.ask(node, APPEND));
        cluster.silence(1);
        cluster.run(500);
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Call call && isWrite(call)
                        ? Fate.ARRIVES_AND_IS_HELD
                        : Fate.ARRIVES);
        assertInstanceOf(Outcome.NotExecuted.class, cluster.ask(node, APPEND));
        assertTrue(cluster.heldCount() > 0);
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        cluster.heal();
        cluster.run(500);
        if (cluster.leaderOf(1) == node) {
            // Where it asked itself, no copy of a call is on the way.
            assertEquals(new Outcome.Ok(), cluster.transfer(node, 1, node % 3 + 1));
        }
        assertNotEquals(node, cluster.leaderOf(1));
        cluster.releaseHeld();
        cluster.run(50);
        return executed(cluster, node) - 1;
    }

    @Test
    void aCopyOfARefusedCallCountsNot() {
        assertEquals(0, executedByACopyOfARefusedCall(Collections.emptySet()));
    }

    @Test
    void aCopyOfARefusedCallWouldBeExecutedWithoutTheFilter() {
        assertEquals(1, executedByACopyOfARefusedCall(EnumSet.of(Mutation.CALL_COUNTED_TWICE)));
    }

    /** The leader has the append in its log when it is cut off; the next leader has it, too. */
    @Test
    @Tag("lab:somekv.endtoend.DuplicatesAcrossLeaders")
    @Tag("lab:MIT-2015.pbservice.TestFailPut")
    @Tag("lab:DSLabs.lab2.FailPut")
    void aWriteThatOutlivesItsLeaderIsExecutedOnce() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(1);
        long node = notLeader(cluster);
        // The leader hears nothing more: it appends and sends, and never learns of the commit.
        for (long other = 1; other <= 3; other++) {
            cluster.cut(other, leader);
        }
        long token = cluster.begin(leader, APPEND);
        cluster.run(2);
        cluster.run(1000);
        cluster.heal();
        assertEquals(new Outcome.Int(1), cluster.await(token));
        assertEquals(1, executed(cluster, node));
        assertTrue(cluster.comesToRest());
    }

    /** The append stood in the log of a leader alone: the next leader's entry takes its place. */
    @Test
    @Tag("lab:MIT-2025.rsm.TestLeaderPartition4A")
    void aWriteThatItsLeaderLosesIsExecutedByTheNext() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(1);
        cluster.cutOff(leader);
        long token = cluster.begin(leader, APPEND);
        cluster.run(800);
        long next = cluster.leaderOf(1) == leader ? notLeader(cluster) : cluster.leaderOf(1);
        assertEquals(new Outcome.Int(1), cluster.ask(next, APPEND));
        cluster.heal();
        assertEquals(new Outcome.Int(2), cluster.await(token));
        assertEquals(2, executed(cluster, next));
    }

    @Test
    @Tag("lab:somekv.require.CrashWithDiskRejoins")
    @Tag("lab:MIT-2025.rsm.TestRestartReplay4A")
    void whatIsAcknowledgedSurvivesACrashOfAllNodes() {
        LaneCluster cluster = started();
        for (int i = 1; i <= 20; i++) {
            assertEquals(new Outcome.Int(i), cluster.ask(1 + i % 3, APPEND));
        }
        for (long node = 1; node <= 3; node++) {
            cluster.disk(node).engine.flushSome((int) node * 5);
            cluster.crash(node);
        }
        for (long node = 1; node <= 3; node++) {
            cluster.restart(node);
            cluster.learn(node);
        }
        cluster.run(500);
        assertEquals(20, executed(cluster, 1));
        assertEquals(new Outcome.Int(21), cluster.ask(2, APPEND));
        assertTrue(cluster.comesToRest());
    }

    /** A client's own identity stays as it is, and its own retries find what came of the first. */
    @Test
    void aStampedRequestIsNeverWrappedAgain() {
        LaneCluster cluster = started();
        ClientId client = new ClientId(77, 78);
        TreeSet<ClientId> seen = new TreeSet<>();
        cluster.network((from, to, frame) -> {
            if (frame instanceof Frame.Call call && isWrite(call)) {
                seen.add(call.request().stamp().orElseThrow().client());
            }
            return Fate.ARRIVES;
        });
        long node = notLeader(cluster);
        Outcome asked = cluster.await(cluster.begin(node, stamped(client, 0)));
        long logTime = assertInstanceOf(Outcome.DeadlineNeeded.class, asked).logTime();
        Request request = stamped(client, logTime + 60_000);
        assertEquals(new Outcome.Int(1), cluster.await(cluster.begin(node, request)));
        assertEquals(new Outcome.Int(1), cluster.await(cluster.begin(node, request)));
        assertEquals(
                new Outcome.Int(1),
                cluster.await(cluster.begin(notLeaderNor(cluster, node), request)));
        assertEquals(1, executed(cluster, node));
        assertEquals(List.of(client), List.copyOf(seen));
    }

    private static long notLeaderNor(LaneCluster cluster, long node) {
        long leader = cluster.leaderOf(1);
        return 6 - leader - node;
    }

    private static Request stamped(ClientId client, long deadline) {
        return new Request(
                Optional.of(new RequestStamp(client, 1, 1, List.of(), deadline)), APPEND);
    }

    /** No copy without a deadline is executed, so that losing one leaves nothing open. */
    @Test
    void aRequestWithoutADeadlineIsNotUnknownWhenItsReplyIsLost() {
        LaneCluster cluster = started();
        long node = notLeader(cluster);
        TreeSet<Long> lost = new TreeSet<>();
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Reply reply
                                && reply.outcome() instanceof Outcome.DeadlineNeeded
                                && lost.add(1L)
                        ? Fate.IS_LOST
                        : Fate.ARRIVES);
        assertInstanceOf(
                Outcome.DeadlineNeeded.class,
                cluster.await(cluster.begin(node, stamped(new ClientId(1, 1), 0))));
        assertEquals(1, lost.size());
    }

    /** Answers to what a node asked for in its life before are not answers to what it asks now. */
    @Test
    void anAnswerToTheRunBeforeIsTakenByNobody() {
        LaneCluster cluster = started();
        long node = notLeader(cluster);
        assertEquals(new Outcome.Int(1), cluster.ask(node, APPEND));
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Reply && to == node ? Fate.IS_HELD : Fate.ARRIVES);
        for (int i = 0; i < 50; i++) {
            cluster.begin(node, APPEND);
        }
        cluster.run(1);
        int held = cluster.heldCount();
        assertTrue(held >= 50);
        cluster.crash(node);
        cluster.restart(node);
        cluster.learn(node);
        cluster.network((from, to, frame) ->
                frame instanceof Frame.Call && from == node ? Fate.IS_LOST : Fate.ARRIVES);
        TreeSet<Long> reads = new TreeSet<>();
        for (int i = 0; i < 50; i++) {
            reads.add(cluster.begin(node, new Command.Get(KEY)));
        }
        cluster.run(150);
        cluster.releaseHeld();
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        for (long read : reads) {
            assertInstanceOf(Outcome.Value.class, cluster.await(read));
        }
    }

    /** 4 MiB have half a second more than the one that any request has. */
    @Test
    void aLargeWriteThatIsSlowIsNotSentAgainAtOnce() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(16, 1);
        cluster.run(500);
        int[] calls = new int[1];
        cluster.network((from, to, frame) -> {
            boolean isLarge =
                    frame instanceof Frame.Call call
                            && call.request().command() instanceof Command.Put;
            calls[0] += isLarge ? 1 : 0;
            return isLarge ? Fate.IS_HELD : Fate.ARRIVES;
        });
        Bytes large = Bytes.wrap(new byte[4 << 20]);
        cluster.begin(1 + cluster.leaderOf(1) % 3, Command.Put.of(Bytes.utf8("k"), large));
        cluster.run(280);
        assertEquals(1, calls[0]);
        cluster.run(60);
        assertEquals(2, calls[0]);
    }
}
