package io.somekv.kv;

import static io.somekv.kv.Mover.SHARD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A shard's way from one group to another, each step in the log of one of them (DESIGN §7). */
class ShardMovesTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final ClientId CLIENT = new ClientId(9, 9);

    private final Group source = Group.serving(Mover.SETTINGS);
    private final Group target = Mover.empty();
    private final Mover move = new Mover(source, target, 2);

    private static Command.Append append(String key, String suffix) {
        return new Command.Append(Bytes.utf8(key), Bytes.utf8(suffix));
    }

    @Test
    void whatIsWrittenMeanwhileComesAlong() {
        source.put("", "of the empty key");
        source.put("a", "1");
        source.put("gone", "1");
        move.start();
        move.pull();
        source.put("a", "2");
        source.put("b", "1");
        source.run(new Command.Delete(List.of(Bytes.utf8("gone"))));
        move.catchUp();
        source.put("a", "3");
        move.finish();
        assertEquals(Group.value("of the empty key"), target.get(""));
        assertEquals(Group.value("3"), target.get("a"));
        assertEquals(Group.value("1"), target.get("b"));
        assertEquals(new Outcome.Nil(), target.get("gone"));
        assertEquals(OK, target.put("a", "4"));
    }

    @Test
    void manyRowsGoInManyPieces() {
        String value = "v".repeat(10_000);
        for (int i = 0; i < 100; i++) {
            source.put("key" + i, value + i);
        }
        move.start();
        move.catchUp();
        assertTrue(move.staged().orElseThrow().pieces() > 7);
        move.finish();
        for (int i = 0; i < 100; i++) {
            assertEquals(Group.value(value + i), target.get("key" + i));
        }
    }

    /** However little it would hold: the lane that reads it has other work. */
    @Test
    void aPieceTakesUpABoundedNumberOfChanges() {
        source.put("key", "first");
        move.start();
        move.pull();
        for (int i = 0; i < ShardPieces.CHANGES_READ_MAX + 100; i++) {
            source.put("key", "value" + i);
        }
        Outcome.ShardPiece first = move.pull();
        assertEquals(ShardPieces.CHANGES_READ_MAX, first.changes());
        assertEquals(100, first.changesLeft());
        assertEquals(100, move.pull().changes());
        move.finish();
        assertEquals(Group.value("value" + (ShardPieces.CHANGES_READ_MAX + 99)), target.get("key"));
    }

    /** Clients wait on account of the latter; of the former they wait for the lane only. */
    @Test
    void aPieceOfRowsIsSmallAndOneOfChangesIsLarger() {
        String value = "v".repeat(1 << 10);
        for (int i = 0; i < 200; i++) {
            source.put("key" + i, value);
        }
        move.start();
        for (int i = 0; i < 200; i++) {
            source.put("key" + i, value);
        }
        int rows = move.pull().rows().size();
        while (move.cursor().part() == CopyCursor.Part.ROWS) {
            move.pull();
        }
        int changes = move.pull().rows().size();
        assertTrue(rows >= 32 << 10 && rows < 36 << 10, rows + " bytes of rows");
        assertTrue(changes >= 128 << 10 && changes < 132 << 10, changes + " bytes of changes");
    }

    @Test
    void whileItIsFrozenItIsReadAndNotWritten() {
        source.put("k", "v");
        move.start();
        move.catchUp();
        long freezeId = move.freeze();
        assertEquals(Group.value("v"), source.get("k"));
        assertInstanceOf(Outcome.WrongGroup.class, source.put("k", "w"));
        assertInstanceOf(Outcome.WrongGroup.class, source.run(new Command.Clear(SHARD)));
        move.prepare();
        assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        assertInstanceOf(Outcome.WrongGroup.class, source.get("k"));
        assertInstanceOf(Outcome.WrongGroup.class, target.get("k"), "not before it is owned");
    }

    /** KB-38: the answer was lost, the shard moved, and the request comes again. */
    @Test
    @Tag("kb-38")
    @Tag("lab:somekv.require.DuplicateTableTravels")
    void whatWasExecutedBeforeIsNotExecutedAgain() {
        Request first = source.stamped(CLIENT, 1, 1, append("k", "x"));
        Outcome answer = source.apply(first).getFirst();
        Request second = source.stamped(CLIENT, 2, 1, append("k", "y"));
        source.apply(second);
        move.all();
        target.restart();
        assertEquals(answer, target.apply(first).getFirst());
        target.engine.flush();
        target.restart();
        assertEquals(new Outcome.Int(2), target.apply(second).getFirst());
        assertEquals(Group.value("xy"), target.get("k"));
        Request third = target.stamped(CLIENT, 3, 3, append("k", "z"));
        assertEquals(new Outcome.Int(3), target.apply(third).getFirst());
        assertEquals(new Outcome.BelowFloor(), target.apply(first).getFirst());
    }

    /** KB-47 across a move: the result is freed, the fence goes along. */
    @Test
    @Tag("kb-47")
    void anAcknowledgedRequestIsNotExecutedAgainEither() {
        Request first = source.stamped(CLIENT, 2, 1, append("k", "x"));
        source.apply(first);
        Request acknowledging =
                new Request(
                        Optional.of(
                                new io.somekv.protocol.command.RequestStamp(
                                        CLIENT,
                                        3,
                                        1,
                                        List.of(
                                                new io.somekv.protocol.command.RequestStamp.Range(
                                                        2, 2)),
                                        source.now + 60_000)),
                        append("k", "y"));
        source.apply(acknowledging);
        move.all();
        assertEquals(new Outcome.BelowFloor(), target.apply(first).getFirst());
        assertEquals(Group.value("xy"), target.get("k"));
    }

    /** There and back: what the first owner remembers of before does not stand in the way. */
    @Test
    @Tag("kb-48")
    void thereAndBackAgainWithALateRelease() {
        Request first = source.stamped(CLIENT, 1, 1, append("k", "x"));
        source.apply(first);
        source.put("old", "1");
        move.start();
        move.catchUp();
        move.finish();
        target.run(new Command.Delete(List.of(Bytes.utf8("old"))));
        Request second = target.stamped(CLIENT, 2, 1, append("k", "y"));
        target.apply(second);
        Mover back = new Mover(/* source= */ target, /* target= */ source, 3);
        back.start();
        back.catchUp();
        back.finish();
        assertEquals(new Outcome.Nil(), source.get("old"));
        assertEquals(Group.value("xy"), source.get("k"));
        move.release();
        assertEquals(Group.value("xy"), source.get("k"), "a late release takes old rows only");
        back.release();
        assertEquals(new Outcome.Int(1), source.apply(first).getFirst());
        assertEquals(new Outcome.Int(2), source.apply(second).getFirst());
        assertEquals(Group.value("xy"), source.get("k"));
    }

    /** KB-49: the source unfreezes; the target's own comes too late, however it comes. */
    @Test
    @Tag("kb-49")
    void aFreezeThatIsOverHandsNothingOver() {
        source.put("k", "v");
        move.start();
        move.catchUp();
        long freezeId = move.freeze();
        move.prepare();
        assertEquals(OK, Mover.run(source, new Command.Unfreeze(SHARD, freezeId)));
        assertEquals(OK, source.put("k", "w"));
        assertInstanceOf(Outcome.Refused.class, move.handOver(freezeId));
        assertEquals(new Outcome.Busy(10), Mover.run(target, Command.Own.empty(SHARD, 2)));
        assertEquals(new Outcome.Busy(10), Mover.run(target, new Command.GiveUp(SHARD, 3)));
        assertFalse(target.machine.serves(SHARD));
        move.pull();
        assertFalse(move.staged().orElseThrow().isPrepared());
        long again = move.freeze();
        assertInstanceOf(Outcome.Refused.class, move.handOver(freezeId), "an old freeze");
        move.prepare();
        assertInstanceOf(Outcome.HandedOver.class, move.handOver(again));
        assertEquals(OK, Mover.run(source, new Command.Unfreeze(SHARD, again)));
        assertInstanceOf(Outcome.WrongGroup.class, source.put("k", "x"), "no way back");
    }

    /** What is all here is dropped only if it is known that it will never be handed over. */
    @Test
    void aCopyThatEndedIsDroppedThoughItIsAllHere() {
        source.put("k", "v");
        move.start();
        move.catchUp();
        long freezeId = move.freeze();
        move.prepare();
        assertEquals(new Outcome.Busy(10), Mover.run(target, new Command.Unstage(SHARD, 2, 0)));
        assertEquals(
                new Outcome.Busy(10),
                Mover.run(target, new Command.Unstage(SHARD, 2, freezeId - 1)),
                "of another freeze");
        assertEquals(OK, Mover.run(source, new Command.Unfreeze(SHARD, freezeId)));
        assertEquals(OK, Mover.run(source, new Command.EndCopy(SHARD, move.copyId)));
        assertInstanceOf(Outcome.Refused.class, move.handOver(freezeId));
        assertEquals(OK, Mover.run(target, new Command.Unstage(SHARD, 2, freezeId)));
        assertEquals(List.of(), target.machine.incoming());
        assertEquals(0, target.rowCount(RowKind.KEY));
        assertEquals(
                new Outcome.GivenUp(false, 0), Mover.run(target, new Command.GiveUp(SHARD, 3)));
    }

    @Test
    @Tag("lab:somekv.endtoend.ShardTransferIdempotent")
    void copiesOfStepsChangeNothing() {
        source.put("k", "v");
        move.start();
        long copyId = move.copyId;
        move.start();
        assertEquals(copyId, move.copyId);
        Outcome.ShardPiece piece = move.read(move.cursor());
        Command.Stage first = move.stage(piece);
        assertEquals(OK, Mover.run(target, first));
        Incoming after = move.staged().orElseThrow();
        assertEquals(OK, Mover.run(target, first));
        assertEquals(after, move.staged().orElseThrow());
        move.catchUp();
        long freezeId = move.freeze();
        assertEquals(freezeId, move.freeze());
        move.prepare();
        Outcome.HandedOver handedOver =
                assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        Command.Own own = move.own(handedOver, freezeId);
        assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        assertEquals(OK, Mover.run(target, own));
        target.put("k", "w");
        assertEquals(OK, Mover.run(target, own));
        assertInstanceOf(Outcome.WrongGroup.class, Mover.run(target, first));
        assertEquals(Group.value("w"), target.get("k"));
        move.release();
        move.release();
        assertEquals(0, source.rowCount(RowKind.KEY));
        assertEquals(0, source.rowCount(RowKind.CHANGE));
        assertEquals(List.of(), source.machine.outgoing());
        assertEquals(List.of(), target.machine.incoming());
    }

    /** FLUSHALL amid the copying: it begins anew. */
    @Test
    void aShardThatIsClearedIsCopiedAnew() {
        source.put("k", "v");
        move.start();
        move.catchUp();
        source.run(new Command.Clear(SHARD));
        assertInstanceOf(
                Outcome.Refused.class,
                source.machine.read(new Command.ReadShard(SHARD, move.copyId, move.cursor())));
        source.put("n", "v");
        Mover anew = new Mover(source, target, 2);
        anew.start();
        Outcome.ShardPiece piece = anew.read(CopyCursor.START);
        assertEquals(OK, Mover.run(target, new Command.Stage(SHARD, 2, 2, 0, piece)));
        anew.catchUp();
        anew.finish();
        assertEquals(new Outcome.Nil(), target.get("k"));
        assertEquals(Group.value("v"), target.get("n"));
    }

    /** By which the target sees whether clients are served here. */
    @Test
    void aPieceTellsWhatClientsHaveAsked() {
        move.start();
        long before = move.read(move.cursor()).operations();
        source.put("k", "v");
        source.get("k");
        assertEquals(before + 2, move.read(move.cursor()).operations());
    }

    /** Clients wait between the freeze and the new owner: that is kept short. */
    @Test
    void onePieceBringsTheLastChangesAndWhatIsKnownOfClients() {
        source.put("k", "old");
        move.start();
        move.catchUp();
        source.put("k", "new");
        long freezeId = move.freeze();
        move.pull();
        assertTrue(move.staged().orElseThrow().isPrepared());
        Outcome.HandedOver handedOver =
                assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        assertEquals(OK, Mover.run(target, move.own(handedOver, freezeId)));
        assertEquals(Group.value("new"), target.get("k"));
    }

    /** What came of an entry comes of it again, wherever either group is killed. */
    @Test
    void eitherGroupMayDieAnywhere() {
        for (int flushed = 0; flushed < 40; flushed++) {
            Group from = Group.serving(Mover.SETTINGS);
            Group to = Mover.empty();
            Mover mover = new Mover(from, to, 2);
            Runnable crash = crashes(from, to, flushed);
            from.apply(from.stamped(CLIENT, 1, 1, append("k", "x")));
            from.run(Mover.expiring("e", "v", 60_000));
            crash.run();
            mover.start();
            crash.run();
            mover.pull();
            from.put("k2", "v");
            crash.run();
            mover.catchUp();
            crash.run();
            mover.finish();
            crash.run();
            mover.release();
            crash.run();
            assertEquals(Group.value("x"), to.get("k"));
            assertEquals(Group.value("v"), to.get("k2"));
            assertEquals(Group.value("v"), to.get("e"));
        }
    }

    /** Each group goes on from what was flushed; the same rows and memory come of it. */
    private static Runnable crashes(Group from, Group to, int pattern) {
        int[] step = {0};
        return () -> {
            for (Group group : List.of(from, to)) {
                if ((pattern >> (step[0]++ % 6) & 1) == 1) {
                    group.engine.flush();
                }
                long before = group.digest();
                group.restart();
                assertEquals(before, group.digest());
            }
        };
    }
}
