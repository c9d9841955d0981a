package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.wire.ConsensusCodec;
import io.somekv.node.wire.Envelope;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.frame.Frame;
import org.junit.jupiter.api.Test;

/** Groups without anything to do are quiet, and nobody is missed for that. */
class QuiescenceTest {
    private static final long GROUP = 1;

    /** Ten seconds. */
    private static final int LONG_TICKS = 2_000;

    /** An election timeout until a node is missed, another at most until somebody campaigns. */
    private static final int FAILOVER_TICKS = 500;

    private static final Command PUT = Command.Put.of(Bytes.utf8("k"), Bytes.utf8("v"));

    private final LaneCluster cluster = new LaneCluster(3);
    private int messages;

    QuiescenceTest() {
        cluster.start(16, 1);
        cluster.run(500);
        assertEquals(new Outcome.Ok(), cluster.ask(1, PUT));
        cluster.run(LONG_TICKS);
        cluster.network((from, to, frame) -> {
            messages += messagesOf(frame);
            return FrameFates.Fate.ARRIVES;
        });
    }

    private static int messagesOf(Frame frame) {
        int count = 0;
        if (frame instanceof Frame.Consensus consensus) {
            for (Envelope envelope : ConsensusCodec.decode(consensus.messages())) {
                count += envelope.groupId() == GROUP ? 1 : 0;
            }
        }
        return count;
    }

    private long follower(long leader) {
        return leader % 3 + 1;
    }

    @Test
    void nothingIsSentForAGroupThatHasNothingToDo() {
        cluster.run(LONG_TICKS);
        assertTrue(messages <= 4, "a rare heartbeat and its answers: " + messages);
        long leader = cluster.leaderOf(GROUP);
        cluster.run(10 * LONG_TICKS);
        assertEquals(leader, cluster.leaderOf(GROUP), "nobody was missed in vain");
        assertTrue(messages <= 24, "a rare heartbeat and its answers: " + messages);
    }

    @Test
    void whateverIsAskedIsAnsweredAtOnce() {
        long leader = cluster.leaderOf(GROUP);
        for (int i = 0; i < 5; i++) {
            for (Command command : new Command[] {PUT, new Command.Get(Bytes.utf8("k"))}) {
                long asked = cluster.begin(follower(leader), command);
                cluster.run(3);
                assertTrue(cluster.isAnswered(asked), command.toString());
            }
            cluster.run(LONG_TICKS);
        }
        assertEquals(leader, cluster.leaderOf(GROUP));
    }

    @Test
    void aLeaderThatIsGoneIsMissed() {
        long leader = cluster.leaderOf(GROUP);
        cluster.crash(leader);
        cluster.run(FAILOVER_TICKS);
        assertNotEquals(leader, cluster.leaderOf(GROUP));
        assertEquals(new Outcome.Ok(), cluster.ask(follower(leader), PUT));
    }

    /** Nothing was heard of it for a moment only; but it does not know that it led. */
    @Test
    void aLeaderThatWasStartedAnewIsMissed() {
        long leader = cluster.leaderOf(GROUP);
        cluster.crash(leader);
        cluster.restart(leader);
        cluster.run(FAILOVER_TICKS);
        assertNotEquals(0, cluster.leaderOf(GROUP));
        assertEquals(new Outcome.Ok(), cluster.ask(leader, PUT));
    }

    @Test
    void aLeaderThatIsCutOffIsMissedAndKnowsIt() {
        long leader = cluster.leaderOf(GROUP);
        cluster.cutOff(leader);
        cluster.run(2 * FAILOVER_TICKS);
        assertEquals(new Outcome.Ok(), cluster.ask(follower(leader), PUT));
        assertTrue(
                cluster.lane(leader, GROUP).status(cluster.now()).stream()
                        .noneMatch(status -> status.leaderNode() == leader),
                "who is alone leads nobody");
    }

    /** It campaigns when it is back, and is told who leads. */
    @Test
    void aFollowerThatWasAwayFindsItsLeader() {
        long leader = cluster.leaderOf(GROUP);
        long away = follower(leader);
        cluster.crash(away);
        cluster.run(LONG_TICKS);
        cluster.restart(away);
        cluster.run(FAILOVER_TICKS);
        assertEquals(leader, cluster.leaderOf(GROUP));
        messages = 0;
        cluster.run(LONG_TICKS);
        messages = 0;
        cluster.run(LONG_TICKS);
        assertTrue(messages <= 4, "quiet again: " + messages);
    }

    /** Pulses that are lost are as good as a node that is gone: nobody counts on such a one. */
    @Test
    void whereNoPulsesArriveNobodyIsQuiet() {
        cluster.network((from, to, frame) -> {
            messages += messagesOf(frame);
            return frame instanceof Frame.Pulse ? FrameFates.Fate.IS_LOST : FrameFates.Fate.ARRIVES;
        });
        cluster.run(LONG_TICKS);
        assertTrue(messages > 100, "heartbeats go on: " + messages);
        long leader = cluster.leaderOf(GROUP);
        cluster.crash(leader);
        cluster.run(FAILOVER_TICKS);
        assertEquals(new Outcome.Ok(), cluster.ask(follower(leader), PUT));
    }
}
