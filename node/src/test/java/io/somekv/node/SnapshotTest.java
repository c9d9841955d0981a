package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.FrameFates.Fate;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.EntryId;
import io.somekv.raft.Member;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Logs are dropped, and who needs what was dropped gets the state instead (Raft section 7). */
class SnapshotTest {
    private static final long GROUP = 1;
    private static final Bytes LARGE = Bytes.wrap(new byte[100_000]);

    private static LaneCluster started() {
        LaneCluster cluster = new LaneCluster(4);
        cluster.createGroup(0, 3);
        cluster.createGroup(GROUP, 3);
        cluster.startOn(3, 16);
        cluster.run(500);
        return cluster;
    }

    private static void put(LaneCluster cluster, long node, int from, int to) {
        for (int i = from; i < to; i++) {
            Command put = Command.Put.of(Bytes.utf8("key" + i), LARGE);
            assertEquals(new Outcome.Ok(), cluster.ask(node, put));
        }
    }

    private static GroupStatus status(LaneCluster cluster, long node) {
        return cluster.lane(node, GROUP).status(cluster.now()).stream()
                .filter(status -> status.groupId() == GROUP)
                .findFirst()
                .orElseThrow();
    }

    private static Optional<Long> digest(LaneCluster cluster, long node) {
        return cluster.lane(node, GROUP).digest(GROUP);
    }

    private static void assertSame(LaneCluster cluster, long node, long other) {
        assertEquals(status(cluster, node).applied(), status(cluster, other).applied());
        assertTrue(digest(cluster, node).isPresent());
        assertEquals(digest(cluster, node), digest(cluster, other));
    }

    /** A follower that is away while the log is dropped; the state is larger than a window. */
    private static long withOneLeftBehind(LaneCluster cluster) {
        long leader = cluster.leaderOf(GROUP);
        long away = 1 + leader % 3;
        put(cluster, leader, 0, 2);
        cluster.run(10);
        cluster.cutOff(away);
        put(cluster, leader, 2, 30);
        for (long node = 1; node <= 3; node++) {
            if (node != away) {
                cluster.compact(node);
            }
        }
        return away;
    }

    @Test
    @Tag("kb-27")
    @Tag("lab:MIT-2020.kvraft.TestSnapshotRPC3B")
    @Tag("lab:MIT-2025.rsm.TestSnapshot4C")
    void aFollowerThatWasAwayGetsTheStateAndGoesOn() {
        LaneCluster cluster = started();
        long away = withOneLeftBehind(cluster);
        long leader = cluster.leaderOf(GROUP);
        cluster.heal();
        cluster.run(300);
        assertSame(cluster, leader, away);
        put(cluster, leader, 30, 32);
        cluster.run(20);
        assertSame(cluster, leader, away);
        cluster.crash(away);
        cluster.restart(away);
        cluster.run(300);
        assertSame(cluster, cluster.leaderOf(GROUP), away);
        List<Long> stores = cluster.disk(away).engine.stores();
        assertEquals(2, stores.size(), "what the snapshot replaced is dropped: " + stores);
        assertTrue(cluster.comesToRest());
    }

    /**
     * It hears of a later term while a piece is read, and the piece is there before the batch ends.
     * Whoever gets a piece of a term takes its sender for the leader of that term.
     */
    @Test
    void aLeaderThatIsDeposedSendsNoPieceOfTheTermThatItHeardOf() {
        LaneCluster cluster = started();
        long away = withOneLeftBehind(cluster);
        long leader = cluster.leaderOf(GROUP);
        long later = status(cluster, leader).replica().term() + 1;
        Message deposing =
                new Message.AppendRejected(
                        6 - leader - away, leader, later, EntryId.ZERO, EntryId.ZERO, 0, 0);
        List<Long> terms = new ArrayList<>();
        cluster.network((from, to, frame) -> {
            pieces(frame).forEach(piece -> terms.add(piece.term()));
            return Fate.ARRIVES;
        });
        cluster.heal();
        // One piece a tick, until the next is being read.
        for (int i = 0; i < 600 && terms.isEmpty(); i++) {
            cluster.stallDisk(leader);
            cluster.run(1);
            cluster.freeDisk(leader);
        }
        assertFalse(terms.isEmpty());
        cluster.stallDisk(leader);
        cluster.run(1);
        cluster.arrive(deposing.from(), leader, consensus(deposing));
        cluster.freeDisk(leader);
        cluster.run(600);
        assertFalse(terms.contains(later), () -> "sent with terms " + terms);
        assertSame(cluster, cluster.leaderOf(GROUP), away);
    }

    private static Frame consensus(Message message) {
        return new Frame.Consensus(ConsensusCodec.encode(List.of(new Envelope(GROUP, message))));
    }

    private static List<Message.InstallSnapshot> pieces(Frame frame) {
        return frame instanceof Frame.Consensus consensus
                ? ConsensusCodec.decode(consensus.messages()).stream()
                        .map(Envelope::message)
                        .filter(Message.InstallSnapshot.class::isInstance)
                        .map(Message.InstallSnapshot.class::cast)
                        .toList()
                : List.of();
    }

    @Test
    void aNodeThatJoinsWhenTheLogIsGoneGetsTheState() {
        LaneCluster cluster = started();
        long leader = cluster.leaderOf(GROUP);
        put(cluster, leader, 0, 20);
        cluster.run(10);
        for (long node = 1; node <= 3; node++) {
            cluster.compact(node);
        }
        MembershipChange add = new MembershipChange.Add(4, LaneCluster.storeOf(4), 0);
        assertEquals(new Outcome.Ok(), cluster.change(leader, GROUP, add));
        cluster.run(300);
        assertSame(cluster, leader, 4);
        List<Long> voters =
                status(cluster, 4).membership().voters().stream().map(Member::nodeId).toList();
        assertEquals(List.of(1L, 2L, 3L, 4L), voters);
    }

    /** Pieces are lost, doubled and late: what arrives in the end is what was read. */
    @Test
    @Tag("kb-28")
    void piecesThatGetLostAreSentAgain() {
        for (int seed = 0; seed < 10; seed++) {
            LaneCluster cluster = started();
            long away = withOneLeftBehind(cluster);
            long leader = cluster.leaderOf(GROUP);
            SplittableRandom random = new SplittableRandom(seed);
            cluster.network((from, to, frame) -> {
                int dice = isOfSnapshot(frame) ? random.nextInt(10) : 9;
                return dice < 3 ? Fate.IS_LOST : dice < 5 ? Fate.ARRIVES_AND_IS_HELD : Fate.ARRIVES;
            });
            cluster.heal();
            for (int i = 0; i < 100; i++) {
                cluster.run(40);
                if (i % 7 == 0) {
                    cluster.releaseHeld();
                }
            }
            assertSame(cluster, leader, away);
        }
    }

    /** Half way the receiver crashes, or the leader does: nothing of the half is ever seen. */
    @Test
    @Tag("kb-53")
    void aCrashHalfWayLeavesTheOldState() {
        for (boolean leaderToo : new boolean[] {false, true}) {
            for (int pieces = 1; pieces < 12; pieces += 2) {
                LaneCluster cluster = started();
                long away = withOneLeftBehind(cluster);
                long leader = cluster.leaderOf(GROUP);
                int[] left = {pieces};
                cluster.network((from, to, frame) ->
                        isOfSnapshot(frame) && left[0]-- <= 0 ? Fate.IS_LOST : Fate.ARRIVES);
                cluster.heal();
                cluster.run(20);
                cluster.crash(leaderToo ? leader : away);
                cluster.run(20);
                cluster.restart(leaderToo ? leader : away);
                cluster.network((from, to, frame) -> Fate.ARRIVES);
                cluster.run(2000);
                assertSame(cluster, cluster.leaderOf(GROUP), away);
                assertFalse(cluster.leaderOf(GROUP) == 0);
            }
        }
    }

    /** It has every piece, and crashes before its log says so: it is sent all of it once more. */
    @Test
    @Tag("kb-53")
    void aCrashBetweenTheLastPieceAndTheLogLeavesTheOldState() {
        LaneCluster cluster = started();
        long away = withOneLeftBehind(cluster);
        cluster.heal();
        cluster.stallDisk(away);
        cluster.run(300);
        assertTrue(status(cluster, away).applied() > 20, "it has taken the snapshot in");
        cluster.crash(away);
        cluster.restart(away);
        assertTrue(status(cluster, away).applied() < 10, "and lost it with its log's record");
        cluster.run(2000);
        assertSame(cluster, cluster.leaderOf(GROUP), away);
    }

    /**
     * The log from a snapshot's index on stays while that is on its way: else it came for nothing.
     */
    @Test
    @Tag("kb-28")
    @Tag("kb-30")
    void aFollowerCatchesUpThoughTheLogIsDroppedAllTheTime() {
        LaneCluster cluster = started();
        long away = withOneLeftBehind(cluster);
        long leader = cluster.leaderOf(GROUP);
        cluster.heal();
        int installed = 0;
        long before = status(cluster, away).applied();
        for (int round = 0; round < 60; round++) {
            put(cluster, leader, round, round + 1);
            cluster.compact(leader);
            long applied = status(cluster, away).applied();
            installed += applied > before + 10 ? 1 : 0;
            before = applied;
        }
        cluster.run(40);
        assertSame(cluster, leader, away);
        assertEquals(1, installed, "one snapshot, and the log from there on");
    }

    /**
     * A snapshot was given up after ten seconds of silence: a later one of the same state, in a
     * group without writes, goes on behind the pieces that the follower has kept.
     */
    @Test
    @Tag("kb-30")
    void aSnapshotThatWasGivenUpHalfWayGoesOnWhereItWas() {
        LaneCluster cluster = started();
        long away = withOneLeftBehind(cluster);
        long leader = cluster.leaderOf(GROUP);
        int[] pieces = {0};
        cluster.network((from, to, frame) ->
                isOfSnapshot(frame) && ++pieces[0] > 8 ? Fate.IS_LOST : Fate.ARRIVES);
        cluster.heal();
        for (int tick = 0; tick < 400 && pieces[0] <= 8; tick++) {
            cluster.run(1);
        }
        assertTrue(pieces[0] > 8, "it has begun");
        cluster.cutOff(away);
        cluster.run(2600);
        List<Long> parts = new ArrayList<>();
        cluster.network((from, to, frame) -> {
            if (isOfSnapshot(frame)) {
                parts.add(partOf(frame));
            }
            return Fate.ARRIVES;
        });
        cluster.heal();
        cluster.run(1200);
        assertSame(cluster, leader, away);
        assertTrue(parts.contains(8L), "it goes on: " + parts);
        assertFalse(parts.contains(SnapshotBudget.WINDOW + 0L), "not with what is kept: " + parts);
    }

    /**
     * The follower answers its leader and takes no piece, as where others have its places. Its
     * snapshot keeps the log from there on for a minute, and not for ever.
     */
    @Test
    @Tag("kb-30")
    void aSnapshotThatDoesNotGetOnKeepsTheLogForAMinute() {
        LaneCluster cluster = started();
        long away = withOneLeftBehind(cluster);
        long leader = cluster.leaderOf(GROUP);
        cluster.network((from, to, frame) -> isOfSnapshot(frame) ? Fate.IS_LOST : Fate.ARRIVES);
        cluster.heal();
        cluster.run(200);
        put(cluster, leader, 30, 40);
        cluster.run(20);
        cluster.compact(leader);
        assertTrue(cluster.disk(leader).logBytes() > 900_000, "what follows the snapshot");
        cluster.run(12_000);
        cluster.compact(leader);
        assertTrue(cluster.disk(leader).logBytes() < 100_000, "that was given up");
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        cluster.run(600);
        assertSame(cluster, leader, away);
    }

    private static boolean isOfSnapshot(Frame frame) {
        return frame instanceof Frame.Consensus consensus
                && ConsensusCodec.decode(consensus.messages()).stream()
                        .anyMatch(e -> e.message() instanceof Message.InstallSnapshot);
    }

    private static long partOf(Frame frame) {
        return ConsensusCodec.decode(((Frame.Consensus) frame).messages()).stream()
                .filter(e -> e.message() instanceof Message.InstallSnapshot)
                .map(e -> ((Message.InstallSnapshot) e.message()).part())
                .findFirst()
                .orElseThrow();
    }
}
