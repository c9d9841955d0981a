package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who may serve a shard: the promises and the ownership of one group (DESIGN §7). */
class ShardsTest {
    private static final Outcome OK = new Outcome.Ok();

    private final Group group = new Group();

    ShardsTest() {
        group.apply(Group.bare(new Command.Configure(new GroupSettings(1, 1000, 8, 1))));
    }

    private Outcome own(long config) {
        return group.apply(Group.bare(Command.Own.empty(0, config))).getFirst();
    }

    private Outcome giveUp(long config) {
        return group.apply(Group.bare(new Command.GiveUp(0, config))).getFirst();
    }

    private ShardStatus status() {
        return group.machine.shards().getFirst();
    }

    @Test
    void ownIsIdempotentAndOlderConfigsChangeNothing() {
        assertEquals(OK, own(3));
        ShardStatus owned = status();
        assertEquals(OK, own(3));
        assertEquals(OK, own(2));
        assertEquals(owned, status());
        assertTrue(group.machine.serves(0));
        assertEquals(OK, own(5));
        assertEquals(5, status().ownedSince());
        assertEquals(owned.generation(), status().generation());
    }

    @Test
    void whoNeverOwnedItPromisesAndKeepsThePromise() {
        assertEquals(new Outcome.GivenUp(false, 0), giveUp(4));
        assertEquals(new Outcome.GivenUp(false, 0), giveUp(4));
        assertEquals(new Outcome.WrongGroup(4), own(4));
        assertEquals(new Outcome.WrongGroup(4), own(3));
        group.restart();
        assertEquals(new Outcome.WrongGroup(4), own(4));
        assertEquals(OK, own(5));
    }

    @Test
    void aPristineShardIsHandedOver() {
        own(1);
        assertEquals(new Outcome.GivenUp(false, 2), giveUp(2));
        assertFalse(group.machine.serves(0));
        assertEquals(new Outcome.GivenUp(false, 2), giveUp(2));
        assertEquals(new Outcome.WrongGroup(2), group.get("k"));
        assertEquals(new Outcome.WrongGroup(2), group.put("k", "v"));
        long before = status().generation();
        assertEquals(OK, own(3));
        assertTrue(status().generation() > before);
    }

    @Test
    void aShardThatWasWrittenToStays() {
        own(1);
        assertEquals(new Outcome.Int(1), group.machine.read(new Command.IsPristine(0)));
        group.put("k", "v");
        assertEquals(new Outcome.Int(0), group.machine.read(new Command.IsPristine(0)));
        assertEquals(new Outcome.GivenUp(true, 0), giveUp(2));
        assertEquals(0, status().givenUp());
        assertEquals(Group.value("v"), group.get("k"));
        group.run(new Command.Clear(0));
        assertEquals(new Outcome.GivenUp(true, 0), giveUp(2));
    }

    /** A duplicate record must move with the shard: dropping it, its request could run again. */
    @Test
    void aWriteThatLeftNoKeyMakesAShardImmovableToo() {
        own(1);
        group.run(new Command.Delete(List.of(Bytes.utf8("k"))));
        assertEquals(new Outcome.GivenUp(true, 0), giveUp(2));
    }

    /**
     * 1. B, which is to own it for config 2, asks A, and the question is slow. 2. The map goes on:
     * config 3 gives it to A, which owns it from 3 on. 3. The question arrives: were it answered
     * with a promise for 2, B would believe that nobody serves it.
     */
    @Test
    void aLateAskerDoesNotComeToOwn() {
        own(3);
        assertEquals(new Outcome.WrongGroup(3), giveUp(2));
        assertEquals(new Outcome.WrongGroup(3), giveUp(3));
        assertTrue(group.machine.serves(0));
        assertEquals(new Outcome.GivenUp(false, 4), giveUp(4));
        assertEquals(new Outcome.WrongGroup(4), giveUp(2));
    }

    /**
     * Config 3 gives it to B, 5 to C. C need not ask B: A's answer says that nobody had the shard
     * between, and A promises B nothing any more.
     */
    @Test
    void aPromiseForLessThanWasPromisedIsRefusedAndSinceWhenOthersMayHaveItIsKept() {
        own(1);
        assertEquals(new Outcome.GivenUp(false, 5), giveUp(5));
        assertEquals(new Outcome.WrongGroup(5), giveUp(3));
        assertEquals(new Outcome.GivenUp(false, 5), giveUp(6));
        group.restart();
        assertEquals(new Outcome.GivenUp(false, 5), giveUp(7));
        assertEquals(OK, own(8));
        assertEquals(0, status().lostAt());
        assertEquals(new Outcome.GivenUp(false, 9), giveUp(9));
    }

    /** A store of before says of no shard since when others may have had it. */
    @Test
    void aRowOfAnEarlierVersionIsRead() {
        Bytes row =
                new ByteWriter(35)
                        .u8(2)
                        .i64(3)
                        .i64(4)
                        .bool(false)
                        .i64(0)
                        .bool(true)
                        .i64(9)
                        .toBytes();
        ShardStatus status = ShardStatus.decode(5, row);
        assertEquals(new ShardStatus(5, 3, 4, 0, false, 0, true, 9), status);
        assertEquals(status, ShardStatus.decode(5, status.encode()));
    }

    @Test
    @Tag("lab:somekv.require.WrongGroupConsumesNoSequence")
    void aWrongGroupAnswerConsumesNoSequence() {
        Request append =
                group.stamped(
                        new ClientId(9, 9),
                        1,
                        1,
                        new Command.Append(Bytes.utf8("k"), Bytes.utf8("x")));
        assertEquals(new Outcome.WrongGroup(0), group.apply(append).getFirst());
        own(1);
        assertEquals(new Outcome.Int(1), group.apply(append).getFirst());
    }
}
