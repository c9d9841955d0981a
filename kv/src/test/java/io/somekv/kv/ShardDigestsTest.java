package io.somekv.kv;

import static io.somekv.kv.Mover.SHARD;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.DigestRange;
import io.somekv.protocol.command.Outcome;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What came of a shard, and what its source still has of it, are compared (DESIGN §7). */
class ShardDigestsTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final DigestRange ALL = new DigestRange(Bytes.EMPTY, Bytes.EMPTY, 0);

    private Group source = Group.serving(Mover.SETTINGS);
    private Group target = Mover.empty();
    private Mover move = new Mover(source, target, 2);

    private static void inPiecesOf(Group group, int size) {
        group.machine =
                new KvMachine(group.engine, Group.STORE, size, EnumSet.noneOf(Mutation.class));
    }

    private void moveKeys(int count) {
        source.put("", "of the empty key");
        for (int i = 0; i < count; i++) {
            source.put("k" + i, "v" + i);
        }
        move.start();
        move.catchUp();
        move.finish();
    }

    private Outcome.ShardDigest atSource(DigestRange range) {
        return assertInstanceOf(
                Outcome.ShardDigest.class,
                source.machine.read(new Command.DigestShard(SHARD, move.copyId, range)));
    }

    private Optional<Outcome.ShardDigest> atTarget(DigestRange range) {
        return target.machine.digestAsItCame(incoming(), range).map(RangeDigest::digest);
    }

    private Incoming incoming() {
        return target.machine.incoming().getFirst();
    }

    /** Range by range, as the target's leader does it. */
    private boolean isSame() {
        DigestRange next = ALL;
        while (true) {
            Outcome.ShardDigest theirs = atSource(next);
            Outcome.ShardDigest ours = atTarget(theirs.range()).orElseThrow();
            DigestRange range = ours.range();
            if (!range.equals(theirs.range())) {
                next = range;
            } else if (!ours.equals(theirs)) {
                return false;
            } else if (range.to().isEmpty()) {
                return true;
            } else {
                next = new DigestRange(range.to(), Bytes.EMPTY, 0);
            }
        }
    }

    /** Something that goes by no log changes a row in a store. */
    private static void alter(Group group, String key, Optional<String> value) {
        Bytes row =
                EngineKey.of(
                        Group.STORE,
                        SHARD,
                        group.machine.shards().getFirst().generation(),
                        RowKind.KEY,
                        Bytes.utf8(key));
        WriteBatch batch = new WriteBatch(Group.STORE, group.machine.appliedIndex());
        value.ifPresentOrElse(
                text -> batch.put(row, StoredValue.lasting(Bytes.utf8(text)).encode()),
                () -> batch.delete(row));
        group.engine.apply(batch);
    }

    @Test
    void whatCameIsWhatWasHandedOver() {
        moveKeys(20);
        assertTrue(isSame());
    }

    @Test
    void aRowThatIsAlteredOnEitherSideIsFound() {
        for (int size : List.of(1, 100, KvMachine.PIECE_SIZE)) {
            for (boolean atSource : List.of(true, false)) {
                setUpAnew();
                moveKeys(20);
                inPiecesOf(source, size);
                inPiecesOf(target, size);
                assertTrue(isSame());
                Group altered = atSource ? source : target;
                alter(altered, "k7", Optional.of("w7"));
                assertFalse(isSame());
                alter(altered, "k7", Optional.of("v7"));
                assertTrue(isSame());
                alter(altered, "k7", Optional.empty());
                assertFalse(isSame());
                alter(altered, "k7", Optional.of("v7"));
                alter(altered, "new", Optional.of("v"));
                assertFalse(isSame());
            }
        }
    }

    private void setUpAnew() {
        source = Group.serving(Mover.SETTINGS);
        target = Mover.empty();
        move = new Mover(source, target, 2);
    }

    /** A row that rotted before it was written to was another one when it came. */
    @Test
    void whatIsWrittenAfterwardsHidesNothing() {
        moveKeys(20);
        alter(target, "k7", Optional.of("w7"));
        target.put("k7", "x");
        assertFalse(isSame());
    }

    @Test
    void whatIsWrittenAfterwardsIsNoDifference() {
        for (int size : List.of(1, 100, KvMachine.PIECE_SIZE)) {
            setUpAnew();
            moveKeys(20);
            inPiecesOf(source, size);
            inPiecesOf(target, size);
            target.put("k3", "changed");
            target.put("k3", "and again");
            target.put("between" + size, "new");
            target.put("z", "new");
            target.run(new Command.Delete(List.of(Bytes.utf8("k4"), Bytes.utf8("z"))));
            target.run(new Command.Increment(Bytes.utf8("n"), 1));
            assertTrue(isSame());
            target.restart();
            assertTrue(isSame());
            assertTrue(target.rowCount(RowKind.ORIGINAL) > 0);
            move.release();
            assertEquals(0, target.rowCount(RowKind.ORIGINAL));
            target.put("k5", "changed");
            assertEquals(0, target.rowCount(RowKind.ORIGINAL));
        }
    }

    /** In one entry with the step by which the shard is owned, too. */
    @Test
    void whatComesWithTheOwningIsNoDifference() {
        source.put("a", "1");
        move.start();
        move.catchUp();
        long freezeId = move.freeze();
        move.prepare();
        Outcome.HandedOver handedOver =
                assertInstanceOf(Outcome.HandedOver.class, move.handOver(freezeId));
        target.apply(
                Group.bare(move.own(handedOver, freezeId)),
                target.stamped(Command.Put.of(Bytes.utf8("a"), Bytes.utf8("2"))));
        assertEquals(Group.value("2"), target.get("a"));
        assertTrue(isSame());
    }

    /** Whichever side has removed it already. */
    @Test
    void whatExpiresIsNoDifference() {
        for (boolean sourceFirst : List.of(true, false)) {
            setUpAnew();
            source.run(
                    new Command.Put(
                            Bytes.utf8("e"),
                            Bytes.utf8("v"),
                            Condition.ALWAYS,
                            new Expiry(Expiry.Kind.AFTER, 60_000),
                            false));
            moveKeys(3);
            assertTrue(isSame());
            Group first = sourceFirst ? source : target;
            first.passTime(60_000);
            first.passTime(1);
            assertTrue(isSame());
            target.put("e", "again");
            assertTrue(isSame());
        }
    }

    /** FLUSHALL before it was compared: nobody wants the rows any more. */
    @Test
    void nothingIsLeftToCompareOfWhatWasCleared() {
        moveKeys(3);
        target.run(new Command.Clear(SHARD));
        assertEquals(Optional.empty(), atTarget(ALL));
        move.release();
    }

    /** The next owner is given no reason to have them dropped before. */
    @Test
    void whatGoesOnIsComparedFirst() {
        moveKeys(3);
        Group third = Mover.empty();
        Mover on = new Mover(target, third, 3);
        on.start();
        on.catchUp();
        target.put("k1", "changed");
        on.finish();
        Command.Release release = new Command.Release(SHARD, on.copyId);
        assertInstanceOf(Outcome.Busy.class, Mover.run(target, release));
        assertTrue(isSame());
        move.release();
        assertEquals(OK, Mover.run(target, release));
        assertEquals(0, target.rowCount(RowKind.KEY));
    }

    @Test
    void thatItDiffersStaysKnown() {
        moveKeys(3);
        Command.Differ differ = new Command.Differ(SHARD, 2);
        assertEquals(OK, Mover.run(target, differ));
        assertEquals(OK, Mover.run(target, differ));
        target.restart();
        assertEquals(Incoming.State.DIFFERS, incoming().state());
        assertTrue(incoming().isOwned());
        target.put("k1", "changed");
        assertTrue(isSame());
        move.release();
        assertEquals(List.of(), target.machine.incoming());
        assertEquals(OK, Mover.run(target, differ), "late");
        assertEquals(List.of(), target.machine.incoming());
    }

    /** Until it is handed over there is nothing to compare, and after the release neither. */
    @Test
    void theSourceAnswersWhileItHasRowsToDrop() {
        source.put("a", "1");
        move.start();
        assertEquals(
                ShardMoves.NO_SUCH_COPY,
                source.machine.read(new Command.DigestShard(SHARD, move.copyId, ALL)));
        move.catchUp();
        move.finish();
        assertTrue(isSame());
        move.release();
        assertEquals(
                ShardMoves.NO_SUCH_COPY,
                source.machine.read(new Command.DigestShard(SHARD, move.copyId, ALL)));
    }
}
