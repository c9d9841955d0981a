package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.node.FrameFates.Fate;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.Frame;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A shard on its way to a group that remembers so much of clients that it can take no more. */
class FullTargetTest {
    private static final int SHARDS = 2;
    private static final int MOVED = 0;
    private static final int OF_TARGET = 1;
    private static final long SOURCE = 1;
    private static final long TARGET = 2;

    /** Where the target's only replica is. */
    private static final int TARGET_NODE = 1;

    /** Ticks of 5 ms. */
    private static final int SECOND = 200;

    private static final Bytes LARGE = Bytes.wrap(new byte[15 << 20]);

    private final LaneCluster cluster = new LaneCluster(3);
    private int copiesBegun;
    private int freezes;

    private static Bytes keyOf(int shard) {
        for (int i = 0; ; i++) {
            Bytes key = Bytes.utf8("key" + i);
            if (Slots.shardOf(key, SHARDS) == shard) {
                return key;
            }
        }
    }

    private void start() {
        cluster.start(SHARDS, 1);
        cluster.createGroup(TARGET, TARGET_NODE);
        cluster.run(500);
        GroupSpec.Replica replica = new GroupSpec.Replica(TARGET_NODE, TARGET_NODE);
        cluster.ask(2, new Command.Join(List.of(new GroupSpec(TARGET, List.of(replica)))));
        cluster.ask(2, new Command.Move(MOVED, SOURCE));
        cluster.ask(2, new Command.Move(OF_TARGET, TARGET));
        cluster.run(1_000);
        if (cluster.leaderOf(SOURCE) == TARGET_NODE) {
            cluster.transfer(TARGET_NODE, SOURCE, 2);
        }
    }

    /** One client that never says what it has seen swaps a large value; nobody asks any more. */
    private void fillTarget() {
        for (int sequence = 1; sequence <= 5; sequence++) {
            RequestStamp stamp =
                    new RequestStamp(
                            new ClientId(7, 7),
                            sequence,
                            1,
                            List.of(),
                            cluster.now().wallMillis() + 60_000);
            Command.Put swap =
                    new Command.Put(keyOf(OF_TARGET), LARGE, Condition.ALWAYS, Expiry.NONE, true);
            Request request = new Request(Optional.of(stamp), swap);
            Outcome outcome = cluster.await(cluster.begin(TARGET_NODE, request));
            assertInstanceOf(Outcome.Result.class, outcome);
        }
    }

    private void watch(boolean holdsPieces) {
        cluster.network((from, to, frame) -> {
            if (!(frame instanceof Frame.Call call)) {
                return Fate.ARRIVES;
            }
            Command command = call.request().command();
            copiesBegun += command instanceof Command.StartCopy ? 1 : 0;
            freezes += command instanceof Command.Freeze ? 1 : 0;
            return command instanceof Command.ReadShard && holdsPieces
                    ? Fate.IS_HELD
                    : Fate.ARRIVES;
        });
    }

    private long applied() {
        return cluster.status(SOURCE).applied() + cluster.status(TARGET).applied();
    }

    private boolean isMoved() {
        return cluster.map(2).orElseThrow().served(MOVED).groupId() == TARGET;
    }

    /** Clients would wait, and in vain. It comes once there is room, though nobody writes there. */
    @Test
    void isNotFrozenBeforeThereIsRoom() {
        start();
        Command.Append append = new Command.Append(keyOf(MOVED), Bytes.utf8("a"));
        assertEquals(new Outcome.Int(1), cluster.ask(2, append));
        watch(true);
        assertEquals(new Outcome.Ok(), cluster.ask(2, new Command.Move(MOVED, TARGET)));
        for (int tick = 0; tick < 4 * SECOND && cluster.heldCount() == 0; tick++) {
            cluster.run(1);
        }
        fillTarget();
        watch(false);
        cluster.releaseHeld();
        cluster.run(2 * SECOND);
        long applied = applied();
        cluster.run(8 * SECOND);
        long entries = applied() - applied;
        assertTrue(entries < 40, () -> "in eight seconds, entries of both groups: " + entries);
        assertEquals(0, freezes);
        assertEquals(1, copiesBegun, "nor is it copied for nothing");
        assertEquals(new Outcome.Int(2), cluster.ask(2, append));

        for (int second = 0; second < 400 && !isMoved(); second++) {
            cluster.run(SECOND);
        }
        assertTrue(isMoved());
        assertEquals(1, freezes);
        assertEquals(new Outcome.Int(3), cluster.ask(2, append));
    }
}
