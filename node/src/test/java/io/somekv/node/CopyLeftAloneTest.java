package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.Outgoing;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is noted of changes for a copy that nobody goes on with does not grow without end. */
class CopyLeftAloneTest {
    /** Ticks of 5 ms. */
    private static final int SECOND = 200;

    private static final long SOURCE = 1;
    private static final long TARGET = 2;

    /** Until nobody is taken to come back to it, and a little more. */
    private static final int LEFT_ALONE = 605 * SECOND;

    /** So that a row takes as much as the note that it has changed. */
    private static final String LONG = "key".repeat(300);

    /** Where the target's only replica is. */
    private static final int TARGET_NODE = 1;

    private final LaneCluster cluster = new LaneCluster(3, LaneNodes.Setup.DEFAULT.withPieces(1));

    private List<Outgoing> outgoing() {
        return cluster.status(SOURCE).shards().outgoing();
    }

    private void putAll(int keys) {
        for (int key = 0; key < keys; key++) {
            assertEquals(
                    new Outcome.Ok(),
                    cluster.ask(2, Command.Put.of(Bytes.utf8(LONG + key), Bytes.utf8("value"))));
        }
    }

    /** The target dies as soon as it has begun to copy. */
    private long moveHalfWay(int keys) {
        cluster.start(1, 1);
        cluster.run(500);
        putAll(keys);
        MoveTuning slow = MoveTuning.NONE.withBytesPerSecondMax(64 << 10);
        assertEquals(new Outcome.Ok(), cluster.ask(2, new Command.TuneMoves(slow)));
        cluster.createGroup(TARGET, 1);
        GroupSpec target =
                new GroupSpec(TARGET, List.of(new GroupSpec.Replica(TARGET_NODE, TARGET_NODE)));
        cluster.run(500);
        cluster.ask(2, new Command.Join(List.of(target)));
        cluster.ask(2, new Command.Move(0, TARGET));
        for (int i = 0; i < 4000 && outgoing().isEmpty(); i++) {
            cluster.run(1);
        }
        cluster.crash(TARGET_NODE);
        cluster.run(5 * SECOND);
        assertEquals(Outgoing.Phase.COPYING, outgoing().getFirst().phase());
        return outgoing().getFirst().copyId();
    }

    @Test
    void itEndsOnceItsNotesTakeMoreRoomThanTheRows() {
        long copyId = moveHalfWay(100);
        putAll(40);
        cluster.run(LEFT_ALONE);
        assertEquals(copyId, outgoing().getFirst().copyId(), "the rows are more than that");
        for (int i = 0; i < 5; i++) {
            putAll(100);
        }
        cluster.run(LEFT_ALONE);
        assertEquals(List.of(), outgoing());
        cluster.restart(TARGET_NODE);
        for (int i = 0; i < 60 && !isMoved(); i++) {
            cluster.run(SECOND);
        }
        assertTrue(isMoved(), "it is copied anew");
    }

    private boolean isMoved() {
        return cluster.map(2).orElseThrow().served(0).groupId() == TARGET && outgoing().isEmpty();
    }
}
