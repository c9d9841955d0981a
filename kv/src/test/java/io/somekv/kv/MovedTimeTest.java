package io.somekv.kv;

import static io.somekv.kv.Mover.SHARD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Log time of both groups while a shard moves: keys end by it, and it never seems to go back. */
class MovedTimeTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final long MONTH = 30L * 24 * 3_600_000;

    private final Group source = Group.serving(Mover.SETTINGS);
    private final Group target = Mover.empty();
    private final Mover move = new Mover(source, target, 2);

    /** Not seen any more, and not seen as gone: at the target it may be there for a moment. */
    @Test
    void whatGoesWhileItIsFrozenIsAskedForAgainLater() {
        source.run(Mover.expiring("going", "v", 1_000));
        source.run(Mover.expiring("staying", "v", 60_000));
        source.put("k", "v");
        move.start();
        move.catchUp();
        long freezeId = move.freeze();
        assertEquals(Group.value("v"), source.get("going"));
        source.passTime(1_001);
        assertInstanceOf(Outcome.Busy.class, source.get("going"));
        assertInstanceOf(
                Outcome.Busy.class,
                source.machine.read(
                        new Command.Exists(List.of(Bytes.utf8("k"), Bytes.utf8("going")))));
        assertEquals(Group.value("v"), source.get("staying"));
        assertEquals(Group.value("v"), source.get("k"));
        source.run(new Command.Unfreeze(SHARD, freezeId));
        assertEquals(new Outcome.Nil(), source.get("going"));
    }

    /** A key that was seen gone at the source is not seen again at the target. */
    @Test
    void theTargetsLogTimeIsNotBehind() {
        source.run(Mover.expiring("k", "v", 1_000));
        move.start();
        move.catchUp();
        source.passTime(5_000);
        long freezeId = move.freeze();
        Command.Stage records = move.stage(move.read(move.cursor()));
        assertEquals(new Outcome.Busy(10), Mover.run(target, records));
        target.passTime(5_000);
        move.prepare();
        source.passTime(5_000);
        Outcome.HandedOver handedOver =
                assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        assertEquals(OK, Mover.run(target, move.own(handedOver, freezeId)));
        assertEquals(new Outcome.Nil(), target.get("k"));
        target.passTime(1);
        assertEquals(0, target.rowCount(RowKind.KEY), "swept as any other");
    }

    /** With nothing known of clients either: once it is handed over, it is to be served at once. */
    @Test
    void noShardIsPreparedBeforeItsTime() {
        move.start();
        move.catchUp();
        source.passTime(5_000);
        long freezeId = move.freeze();
        assertEquals(new Outcome.Busy(10), Mover.run(target, move.stage(move.read(move.cursor()))));
        target.passTime(5_000);
        move.prepare();
        Outcome.HandedOver handedOver =
                assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        assertEquals(OK, Mover.run(target, move.own(handedOver, freezeId)));
    }

    /** They name keys that expire in a month, of a shard that is elsewhere by then. */
    @Test
    void nothingOfTheIndexStaysWhereTheShardIsNot() {
        source.run(Mover.expiring("k", "v", MONTH));
        move.start();
        move.catchUp();
        assertEquals(1, target.rowCount(RowKind.EXPIRY));
        source.run(new Command.EndCopy(SHARD, move.copyId));
        assertEquals(OK, Mover.run(target, new Command.Unstage(SHARD, 2, 0)));
        assertEquals(0, target.rowCount(RowKind.EXPIRY), "of a copy that was called off");

        move.all();
        assertEquals(0, source.rowCount(RowKind.EXPIRY), "where it was");
        assertEquals(1, target.rowCount(RowKind.EXPIRY));
        target.run(new Command.Clear(SHARD));
        assertEquals(0, target.rowCount(RowKind.EXPIRY), "of what was cleared");

        target.run(Mover.expiring("k", "w", MONTH));
        target.passTime(MONTH);
        target.passTime(1);
        assertEquals(0, target.rowCount(RowKind.EXPIRY));
        assertEquals(0, target.rowCount(RowKind.KEY));
    }
}
