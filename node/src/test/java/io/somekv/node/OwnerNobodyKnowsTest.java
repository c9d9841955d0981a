package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.base.Bytes;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.Frame;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A shard is with a group that the shard master's map names neither as its last owner nor as the
 * next: the owner's report is lost, and the master has given the shard to yet another one.
 */
class OwnerNobodyKnowsTest {
    private static final Bytes KEY = Bytes.utf8("k");

    /**
     * So long a request was held already. What is left gives it as many turns at ticks of 5 ms as
     * it would have at a server's, of 10 ms.
     */
    private static final long WAITED_NANOS = 125_000_000L;

    /** At each node, which all have to find out. */
    @Test
    void isFoundBeforeARequestIsToldThatThereIsNone() {
        LaneCluster cluster = new LaneCluster(3);
        cluster.start(1, 3);
        cluster.run(500);
        int shard = Slots.shardOf(KEY, 1);
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(KEY, KEY)));
        long reporter = cluster.leaderOf(0) % 3 + 1;
        assertEquals(new Outcome.Ok(), cluster.transfer(cluster.leaderOf(2), 2, reporter));
        cluster.run(100);
        cluster.network((from, to, frame) -> isReport(frame) ? Fate.IS_LOST : Fate.ARRIVES);
        move(cluster, shard, 2);
        Command pause = new Command.TuneMoves(MoveTuning.pause(List.of(shard)));
        assertEquals(new Outcome.Ok(), cluster.ask(1, pause));
        cluster.run(10);
        move(cluster, shard, 3);
        assertEquals(1, cluster.map(1).orElseThrow().served(shard).groupId());
        for (long node = 1; node <= 3; node++) {
            Request read = new Request(Optional.empty(), new Command.Get(KEY));
            Wish held = new Wish(Frame.ANY_GROUP, read, ReadMode.LEADER, false, WAITED_NANOS);
            assertEquals(new Outcome.Value(KEY), cluster.await(cluster.begin(node, held)));
        }
    }

    private static void move(LaneCluster cluster, int shard, long group) {
        assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Move(shard, group)));
        cluster.run(400);
    }

    private static boolean isReport(Frame frame) {
        return frame instanceof Frame.Call call
                && call.request().command() instanceof Command.ReportServed;
    }
}
