package io.somekv.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.kv.Outgoing;
import io.somekv.kv.RowKind;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What must hold while a shard moves is seen to be broken where it is, and only there. */
final class MoveWatchTest {
    /** Keys of shard 0 of two. */
    private static final String KEY = "b";

    private final ClusterWatch watch = new ClusterWatch();
    private final List<MoveStep> steps = new ArrayList<>();
    private final WatchedGroup source = new WatchedGroup(1, watch);
    private final WatchedGroup target = new WatchedGroup(2, watch);

    MoveWatchTest() {
        watch.onMoveStep(taken -> steps.add(taken.step()));
    }

    private static void breaks(String what, Runnable action) {
        String seen = String.valueOf(assertThrows(Breach.class, action::run).getMessage());
        assertTrue(seen.contains(what), seen);
    }

    private void written() {
        source.step(Command.Own.empty(WatchedGroup.SHARD, 1));
        assertEquals(new Outcome.Ok(), source.put(1, KEY, "value"));
    }

    @Test
    @Tag("kb-48")
    void aShardThatGoesThereAndBack() {
        written();
        assertEquals(new Outcome.Ok(), target.step(source.moveTo(target, 2)));
        source.release(target, 2);
        target.put(2, KEY, "another");
        assertEquals(new Outcome.Ok(), source.step(target.moveTo(source, 3)));
        assertEquals(2, watch.shardsOnTheirWay());
        target.release(source, 3);
        assertEquals(0, watch.shardsOnTheirWay());
        assertEquals(1, watch.shardsServed());
        source.put(3, KEY, "a third");
        assertEquals(MoveStep.START_COPY, steps.getFirst());
        assertEquals(MoveStep.RELEASED, steps.getLast());
        assertEquals(2, steps.stream().filter(step -> step == MoveStep.OWN).count());
    }

    @Test
    void aShardThatIsOwnedTwice() {
        written();
        breaks("serve the same shard", () -> target.step(Command.Own.empty(WatchedGroup.SHARD, 2)));
    }

    @Test
    void aShardThatBeginsAnew() {
        written();
        source.moveTo(target, 2);
        WatchedGroup third = new WatchedGroup(3, watch);
        breaks("begins anew", () -> third.step(Command.Own.empty(WatchedGroup.SHARD, 3)));
    }

    /** Seed 907628. */
    @Test
    void aShardThatIsClearedByTheEntryThatBringsIt() {
        written();
        Command.Own own = source.moveTo(target, 2);
        assertEquals(List.of(new Outcome.Ok(), new Outcome.Ok()), target.stepAndClear(own, 2));
        assertEquals(1, watch.shardsServed());
    }

    /** Seeds 2001075 and 2100185 of {@code --moves}. */
    @Test
    void aShardThatIsWrittenToBetweenTwoFreezes() {
        written();
        Outgoing move = source.freezeFor(target, 2);
        List<Outcome> done = List.of(new Outcome.Ok(), new Outcome.Ok(), new Outcome.Ok());
        Command.MoveStep again = new Command.Freeze(move.shard(), move.copyId());
        assertEquals(done, source.unfreezePutAnd(again, 2, KEY));
        Command.MoveStep suspension = new Command.Suspend(move.shard(), 3);
        assertEquals(done, source.unfreezePutAnd(suspension, 3, KEY));
    }

    /** Seed 2200966 of {@code --moves}. */
    @Test
    void recordsThatComeWithTheEntryThatDropsTheCopy() {
        written();
        assertEquals(List.of(new Outcome.Ok(), new Outcome.Ok()), source.prepareAndDrop(target, 2));
    }

    @Test
    void whatIsExecutedTwiceByAnEntryThatDropsAnotherShardsCopy() {
        written();
        target.step(Command.Own.empty(1, 1));
        breaks("executed twice", () -> source.dropHalfCopiedAndPut(target, 2, 1, "a"));
    }

    @Test
    void rowsThatGetLost() {
        written();
        target.hide(RowKind.KEY);
        Command.Own own = source.moveTo(target, 2);
        breaks("owns other rows", () -> target.step(own));
    }

    @Test
    void rowsThatDifferAfterwards() {
        written();
        target.step(source.moveTo(target, 2));
        breaks("finds other rows", () -> target.step(new Command.Differ(WatchedGroup.SHARD, 2)));
    }

    @Test
    @Tag("kb-38")
    void recordsThatGetLost() {
        written();
        target.hide(RowKind.OUTCOMES);
        Command.Own own = source.moveTo(target, 2);
        breaks("owns it without", () -> target.step(own));
    }

    @Test
    @Tag("kb-42")
    void rowsThatAreDroppedTooEarly() {
        written();
        source.moveTo(target, 2);
        breaks("nowhere else", () -> source.dropsGeneration(source.generation()));
    }

    @Test
    void rowsThatAreDroppedInTime() {
        written();
        target.step(source.moveTo(target, 2));
        source.dropsGeneration(source.generation());
        breaks("nowhere else", () -> target.dropsGeneration(target.generation()));
    }

    @Test
    void aShardThatIsGivenUpAndNotHandedOver() {
        written();
        source.hide(RowKind.OUTGOING);
        breaks("given up what is nowhere else", () -> source.moveTo(target, 2));
    }

    @Test
    @Tag("kb-38")
    void whatIsExecutedInTwoGroups() {
        written();
        target.step(Command.Own.empty(1, 1));
        breaks("executed twice", () -> target.put(1, "a", "the same request"));
    }

    @Test
    void aWriteWhereNoneIsTaken() {
        source.hide(RowKind.SHARD);
        source.step(Command.Own.empty(WatchedGroup.SHARD, 1));
        breaks("takes no writes for", () -> source.put(1, KEY, "value"));
    }
}
