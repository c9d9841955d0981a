package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.Slots;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A change of the map and its copies get one answer, whatever the map has become in between. */
class MoveGuardTest {
    private static final int SHARDS = 8;
    private static final Bytes KEY = Bytes.utf8("k");
    private static final int SHARD = Slots.shardOf(KEY, SHARDS);

    private final LaneCluster cluster = new LaneCluster(3);

    /** Two groups, of which the first has all shards. */
    private void start() {
        cluster.start(SHARDS, 2);
        cluster.run(500);
        for (int shard = 0; shard < SHARDS; shard++) {
            if (cluster.map(1).orElseThrow().config().owner(shard) != 1) {
                assertEquals(new Outcome.Ok(), cluster.ask(1, new Command.Move(shard, 1)));
            }
        }
        cluster.run(500);
    }

    private Outcome ask(long node, long sequence, Command command) {
        long deadline = logTime() + 120_000;
        RequestStamp stamp = new RequestStamp(new ClientId(7, 7), sequence, 1, List.of(), deadline);
        return cluster.await(cluster.begin(node, new Request(Optional.of(stamp), command)));
    }

    private long logTime() {
        RequestStamp bare = new RequestStamp(new ClientId(7, 8), 1, 1, List.of(), 0);
        Request request = new Request(Optional.of(bare), new Command.KeepInPlace("asks the time"));
        Outcome outcome = cluster.await(cluster.begin(1, request));
        return assertInstanceOf(Outcome.DeadlineNeeded.class, outcome).logTime();
    }

    private void putsKey() {
        assertEquals(new Outcome.Ok(), cluster.ask(1, Command.Put.of(KEY, Bytes.utf8("v"))));
    }

    /**
     * A move is executed and its answer lost; the shard moves back, and data is written to it. The
     * move that comes again would now move data, but it happened.
     */
    @Test
    void aCopyOfAnExecutedChangeGetsItsRecordedOutcome() {
        start();
        Command move = new Command.Move(SHARD, 2);
        assertEquals(new Outcome.Ok(), ask(1, 1, move));
        cluster.run(500);
        assertEquals(new Outcome.Ok(), ask(1, 2, new Command.Move(SHARD, 1)));
        cluster.run(500);
        putsKey();
        assertEquals(new Outcome.Ok(), ask(2, 1, move));
        assertEquals(Outcome.Reason.HOLDS_DATA, refusal(ask(2, 3, move)));
    }

    /** What was refused stays refused: the client was told, and may have gone another way. */
    @Test
    void aCopyOfARefusedChangeIsNotExecutedLater() {
        start();
        putsKey();
        Command leave = new Command.Leave(List.of(1L));
        assertEquals(Outcome.Reason.HOLDS_DATA, refusal(ask(1, 1, leave)));
        assertEquals(Outcome.Reason.HOLDS_DATA, refusal(ask(3, 1, new Command.Move(SHARD + 1, 2))));
    }

    private static Outcome.Reason refusal(Outcome outcome) {
        return assertInstanceOf(Outcome.Refused.class, outcome).reason();
    }
}
