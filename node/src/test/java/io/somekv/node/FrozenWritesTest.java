package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.Outgoing;
import io.somekv.node.FrameFates.Fate;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.frame.Frame;
import io.somekv.raft.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Writes of a shard that takes none: told so without an entry, and executed once it takes them. */
class FrozenWritesTest {
    private static final long GROUP = 1;
    private static final int SHARD = 0;
    private static final Command APPEND = new Command.Append(Bytes.utf8("k"), Bytes.utf8("x"));

    private final LaneCluster cluster = new LaneCluster(3);

    private void started(int groups) {
        cluster.start(groups, groups);
        cluster.run(500);
    }

    private Outcome ask(Command command) {
        return cluster.await(cluster.begin(cluster.leaderOf(GROUP), GROUP, command));
    }

    /** For a group that never comes: the freeze ends by itself. */
    private void freeze() {
        Command start = new Command.StartCopy(SHARD, 99, 2);
        Outcome.Copying copying = assertInstanceOf(Outcome.Copying.class, ask(start));
        assertEquals(new Outcome.Ok(), ask(new Command.Freeze(SHARD, copying.copyId())));
        assertTrue(isFrozen());
    }

    private boolean isFrozen() {
        List<Outgoing> moves = cluster.status(GROUP).shards().outgoing();
        return moves.getFirst().phase() == Outgoing.Phase.FROZEN;
    }

    private void runUntilUnfrozen() {
        for (int i = 0; i < 100 && isFrozen(); i++) {
            cluster.run(1);
        }
        assertFalse(isFrozen());
    }

    private long lastIndex() {
        return cluster.status(GROUP).replica().last().index();
    }

    private Wish direct() {
        RequestStamp stamp =
                new RequestStamp(
                        new ClientId(1, 1), 1, 1, List.of(), cluster.now().wallMillis() + 60_000);
        Request request = new Request(Optional.of(stamp), APPEND);
        return new Wish(GROUP, request, ReadMode.LEADER, true, 0);
    }

    @Test
    void whatWaitsForAFrozenShardStandsInNoLog() {
        started(1);
        freeze();
        long before = lastIndex();
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            tokens.add(cluster.begin(1 + i % 3, APPEND));
        }
        cluster.run(15);
        assertTrue(isFrozen());
        assertEquals(before, lastIndex());
        assertTrue(tokens.stream().noneMatch(cluster::isAnswered));
        long sum = 0;
        for (long token : tokens) {
            sum += assertInstanceOf(Outcome.Int.class, cluster.await(token)).value();
        }
        assertEquals(30 * 31 / 2, sum, "each was executed once");
        assertFalse(isFrozen());
    }

    @Test
    void whatComesToTheWrongGroupStandsInNoLog() {
        started(2);
        long before = lastIndex();
        int other = cluster.map(1).orElseThrow().config().owners().indexOf(2L);
        Command clear = new Command.Clear(other);
        RequestStamp stamp = direct().request().stamp().orElseThrow();
        Request request = new Request(Optional.of(stamp), clear);
        Wish wish = new Wish(GROUP, request, ReadMode.LEADER, true, 0);
        assertInstanceOf(
                Outcome.WrongGroup.class,
                cluster.await(cluster.begin(cluster.leaderOf(GROUP), wish)));
        assertEquals(before, lastIndex());
    }

    /**
     * As ever: whose write was executed before the freeze hears of it where the shard is served.
     */
    @Test
    void aCopyOfWhatWasExecutedIsAnsweredAfterTheFreeze() {
        started(1);
        Wish append = direct();
        long leader = cluster.leaderOf(GROUP);
        assertEquals(new Outcome.Int(1), cluster.await(cluster.begin(leader, append)));
        freeze();
        assertInstanceOf(Outcome.WrongGroup.class, cluster.await(cluster.begin(leader, append)));
        runUntilUnfrozen();
        assertEquals(new Outcome.Int(1), cluster.await(cluster.begin(leader, append)));
    }

    /** Its rows say that the shard is frozen, and its log that it is not any more. */
    @Test
    void aLeaderThatHasNotAppliedItsLogSendsNobodyAway() {
        started(1);
        freeze();
        for (long node = 1; node <= 3; node++) {
            cluster.disk(node).engine.flush();
        }
        runUntilUnfrozen();
        cluster.run(100);
        for (long node = 1; node <= 3; node++) {
            cluster.crash(node);
        }
        for (long node = 1; node <= 3; node++) {
            cluster.restart(node);
            cluster.learn(node);
        }
        cluster.network((from, to, frame) -> isAcceptance(frame) ? Fate.IS_LOST : Fate.ARRIVES);
        for (int i = 0; i < 2_000 && cluster.leaderOf(GROUP) == 0; i++) {
            cluster.run(1);
        }
        long leader = cluster.leaderOf(GROUP);
        assertNotEquals(0, leader);
        assertTrue(isFrozen(), "by its rows");
        long token = cluster.begin(leader, direct());
        cluster.run(3);
        assertFalse(cluster.isAnswered(token));
        cluster.network((from, to, frame) -> Fate.ARRIVES);
        assertEquals(new Outcome.Int(1), cluster.await(token));
    }

    /** Of an entry of the group's log. */
    private static boolean isAcceptance(Frame frame) {
        return frame instanceof Frame.Consensus consensus
                && ConsensusCodec.decode(consensus.messages()).stream()
                        .filter(envelope -> envelope.groupId() == GROUP)
                        .anyMatch(envelope -> envelope.message() instanceof Message.AppendAccepted);
    }
}
