package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.DiskRoom;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Entry;
import io.somekv.raft.Ready;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nodes come back with what their disks held. */
class RecoveryTest {
    private static final Bytes KEY = Bytes.utf8("k");
    private static final int SECOND_TICKS = 1_000 / 5;
    private static final int MINUTE_TICKS = 60 * SECOND_TICKS;

    private static LaneCluster started(Set<Mutation> mutations) {
        LaneCluster cluster = new LaneCluster(3, LaneNodes.Setup.DEFAULT.withMutations(mutations));
        cluster.start(4, 1);
        cluster.run(500);
        for (int i = 0; i < 10; i++) {
            cluster.ask(1, new Command.Append(KEY, Bytes.utf8("x")));
        }
        cluster.run(100);
        return cluster;
    }

    private static void comeBackWithRowsLost(LaneCluster cluster, long node) {
        cluster.disk(node).engine.flushSome(cluster.disk(node).engine.unflushed() - 3);
        cluster.crash(node);
        cluster.restart(node);
        cluster.learn(node);
        cluster.run(500);
    }

    /**
     * Whoever is asked first follows, and the last log time that it knows is from before: reckoned
     * from that, the deadline of the first write would have passed, and it would never be executed.
     */
    @Test
    void whatIsAskedBeforeThereIsALeaderIsServedHoweverLongAllWereDown() {
        LaneCluster cluster = started(Collections.emptySet());
        for (long node = 1; node <= 3; node++) {
            cluster.crash(node);
        }
        cluster.run(MINUTE_TICKS + MINUTE_TICKS / 2);
        for (long node = 1; node <= 3; node++) {
            cluster.restart(node);
            cluster.learn(node);
        }
        assertEquals(new Outcome.Int(11), cluster.ask(1, new Command.Append(KEY, KEY)));
    }

    /** Whoever counts as up is asked first, and each new request begins with a first guess. */
    @Test
    void aLateFrameOfANodeThatIsGoneDoesNotShowItUp() {
        LaneCluster cluster = started(Collections.emptySet());
        long leader = cluster.leaderOf(1);
        long gone = leader % 3 + 1;
        long asked = gone % 3 + 1;
        cluster.crash(gone);
        cluster.arrive(gone, asked, new Frame.Pulse(0, LaneCluster.LANES, DiskRoom.PLENTY));
        List<Long> calledNodes = new ArrayList<>();
        cluster.network((from, to, frame) -> {
            if (from == asked && frame instanceof Frame.Call) {
                calledNodes.add(to);
            }
            return FrameFates.Fate.ARRIVES;
        });
        cluster.silence(0);
        cluster.silence(1);
        for (int i = 0; i < 6; i++) {
            cluster.begin(asked, new Command.Get(KEY));
            cluster.run(SECOND_TICKS);
        }
        assertTrue(calledNodes.contains(leader), calledNodes.toString());
        assertFalse(calledNodes.contains(gone), calledNodes.toString());
    }

    /** What was agreed is bytes from then on: nobody can change a command in memory any more. */
    @Test
    @Tag("kb-23")
    void theSameBytesStandInEveryLog() {
        LaneCluster cluster = started(Collections.emptySet());
        Ready.Fetch all = new Ready.Fetch(1, 1, Long.MAX_VALUE, Integer.MAX_VALUE);
        List<Entry> log = cluster.disk(1).read(1, all);
        assertTrue(log.size() > 10);
        assertEquals(log, cluster.disk(2).read(1, all));
        assertEquals(log, cluster.disk(3).read(1, all));
    }

    @Test
    @Tag("kb-25")
    @Tag("lab:MIT-2025.rsm.TestRestartSubmit4A")
    void whatIsCommittedAndNotFlushedIsAppliedAgain() {
        LaneCluster cluster = started(Collections.emptySet());
        comeBackWithRowsLost(cluster, 2);
        Optional<Long> digest = cluster.lane(1, 1).digest(1);
        assertTrue(digest.isPresent());
        assertEquals(digest, cluster.lane(2, 1).digest(1));
    }

    /** The state machine notices that entries are missing, and stops the node. */
    @Test
    @Tag("kb-25")
    void aCommitIndexTakenForTheAppliedIndexIsNoticed() {
        LaneCluster cluster = started(EnumSet.of(Mutation.COMMIT_TAKEN_FOR_APPLIED));
        assertThrows(
                Invariant.Violation.class,
                () -> {
                    comeBackWithRowsLost(cluster, 2);
                    cluster.ask(1, new Command.Append(KEY, Bytes.utf8("x")));
                    cluster.run(500);
                });
    }

    /** An engine ahead of the log: one of the two is an old copy. */
    @Test
    @Tag("kb-43")
    void whatIsAppliedBeyondTheLogIsRefused() {
        LaneCluster cluster = started(Collections.emptySet());
        cluster.disk(2).engine.flush();
        cluster.crash(2);
        cluster.disk(2).loseTail(1, 5);
        assertThrows(Invariant.Violation.class, () -> cluster.restart(2));
    }

    /** Whatever a slow disk has not yet taken is nobody's promise. */
    @Test
    @Tag("kb-15")
    void whatOnlySlowDisksHeardIsNotAcknowledged() {
        LaneCluster cluster = started(Collections.emptySet());
        for (long node = 1; node <= 3; node++) {
            cluster.stallDisk(node);
        }
        long token = cluster.begin(1, new Command.Append(KEY, Bytes.utf8("x")));
        cluster.run(100);
        assertTrue(!cluster.isAnswered(token));
        for (long node = 1; node <= 3; node++) {
            cluster.freeDisk(node);
        }
        assertEquals(new Outcome.Int(11), cluster.await(token));
        assertTrue(cluster.comesToRest());
    }

    @Test
    void aReplicaIsCreatedOnceAndWithOneMembership() {
        LaneCluster cluster = started(Collections.emptySet());
        cluster.stallDisk(1);
        long first = cluster.create(1, 8, cluster.membership(3));
        long again = cluster.create(1, 8, cluster.membership(3));
        long other = cluster.create(1, 8, cluster.membership(2));
        cluster.run(2);
        assertTrue(!cluster.isAnswered(first) && !cluster.isAnswered(again));
        assertInstanceOf(Outcome.Invalid.class, cluster.await(other));
        cluster.freeDisk(1);
        assertEquals(new Outcome.Ok(), cluster.await(first));
        assertEquals(new Outcome.Ok(), cluster.await(again));
        assertInstanceOf(
                Outcome.Invalid.class, cluster.await(cluster.create(1, 8, cluster.membership(2))));
    }
}
