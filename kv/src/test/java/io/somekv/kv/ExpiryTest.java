package io.somekv.kv;

import static io.somekv.kv.Group.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When keys expire: by log time, and by nothing else. */
class ExpiryTest {
    private static final Outcome OK = new Outcome.Ok();
    private static final Outcome NIL = new Outcome.Nil();

    private final Group group = Group.serving();

    private static Bytes b(String text) {
        return Bytes.utf8(text);
    }

    private static Outcome number(long value) {
        return new Outcome.Int(value);
    }

    private static Reason reason(Outcome outcome) {
        return assertInstanceOf(Outcome.Refused.class, outcome).reason();
    }

    private Outcome putFor(String key, String text, long millis) {
        return group.run(put(key, text, millis));
    }

    private static Command put(String key, String text, long millis) {
        Expiry expiry = new Expiry(Expiry.Kind.AFTER, millis);
        return new Command.Put(b(key), b(text), Condition.ALWAYS, expiry, false);
    }

    private long timeToLive(String key) {
        return ((Outcome.Int) group.machine.read(new Command.TimeToLive(b(key)))).value();
    }

    @Test
    void aKeyIsGoneOnceLogTimeReachesItsExpiry() {
        putFor("k", "v", 100);
        assertEquals(100, timeToLive("k"));
        group.passTime(99);
        assertEquals(value("v"), group.get("k"));
        assertEquals(1, timeToLive("k"));
        assertEquals(number(1), group.machine.read(new Command.CountKeys(shardOf("k"))));
        group.passTime(1);
        assertEquals(NIL, group.get("k"));
        assertEquals(-2, timeToLive("k"));
        assertEquals(number(0), group.machine.read(new Command.CountKeys(shardOf("k"))));
        assertEquals(number(1), group.run(new Command.Append(b("k"), b("x"))));
        assertEquals(-1, timeToLive("k"));
    }

    private static int shardOf(String key) {
        return Slots.shardOf(b(key), 4);
    }

    @Test
    void whatKeepsAnExpiryAndWhatDropsIt() {
        putFor("k", "1", 100);
        group.run(new Command.Increment(b("k"), 1));
        group.run(new Command.Append(b("k"), b("0")));
        group.run(new Command.Put(b("k"), b("5"), Condition.ALWAYS, Expiry.KEEP, false));
        assertEquals(100, timeToLive("k"));
        group.put("k", "5");
        assertEquals(-1, timeToLive("k"));
        group.passTime(200);
        assertEquals(value("5"), group.get("k"));
    }

    @Test
    void expireAndPersist() {
        Expiry soon = new Expiry(Expiry.Kind.AFTER, 50);
        assertEquals(number(0), group.run(new Command.Expire(b("k"), soon)));
        group.put("k", "v");
        assertEquals(number(0), group.run(new Command.Expire(b("k"), Expiry.NONE)));
        assertEquals(number(1), group.run(new Command.Expire(b("k"), soon)));
        assertEquals(50, timeToLive("k"));
        assertEquals(number(1), group.run(new Command.Expire(b("k"), Expiry.NONE)));
        assertEquals(-1, timeToLive("k"));
        assertEquals(
                Reason.INVALID_EXPIRY,
                reason(
                        group.run(
                                new Command.Expire(
                                        b("k"), new Expiry(Expiry.Kind.AFTER, Long.MAX_VALUE)))));
        assertEquals(
                number(1),
                group.run(new Command.Expire(b("k"), new Expiry(Expiry.Kind.AFTER, -1))));
        assertEquals(NIL, group.get("k"));
    }

    @Test
    void putsWithImpossibleTimesAreRefusedAndWithPastOnesLeaveNothing() {
        assertEquals(Reason.INVALID_EXPIRY, reason(putFor("k", "v", 0)));
        assertEquals(Reason.INVALID_EXPIRY, reason(putFor("k", "v", -5)));
        assertEquals(Reason.INVALID_EXPIRY, reason(putFor("k", "v", Long.MAX_VALUE)));
        group.put("k", "v");
        Expiry past = new Expiry(Expiry.Kind.AT, 1);
        assertEquals(OK, group.run(new Command.Put(b("k"), b("w"), Condition.ALWAYS, past, false)));
        assertEquals(NIL, group.get("k"));
    }

    @Test
    void expiredRowsAreSweptAndOverwrittenOnesAreNot() {
        for (int i = 0; i < 150; i++) {
            putFor("k" + i, "v", 100);
        }
        group.put("k7", "stays");
        group.passTime(99);
        assertEquals(150, group.rowCount(RowKind.KEY));
        group.passTime(1);
        group.passTime(1);
        group.passTime(1);
        assertEquals(1, group.rowCount(RowKind.KEY));
        assertEquals(0, group.rowCount(RowKind.EXPIRY));
        assertEquals(value("stays"), group.get("k7"));
    }

    /** As many come as go: what stays is what one round brings, and not what 20 did. */
    @Test
    void underASteadyLoadExpiredRowsDoNotGather() {
        for (int round = 0; round < 20; round++) {
            Request[] puts = new Request[200];
            for (int i = 0; i < puts.length; i++) {
                puts[i] = group.stamped(put("k" + round + "." + i, "v", 100));
            }
            group.apply(puts);
            group.now += 100;
        }
        assertTrue(group.rowCount(RowKind.KEY) <= 400, "rows: " + group.rowCount(RowKind.KEY));
    }

    /**
     * Which rows an entry removes where more are due than it may: a replica that has just started
     * must choose as one does that ran on, though shards begin anew, or leave, in between.
     */
    @Test
    void aReplicaThatHasStartedSweepsTheSame() {
        GroupSettings settings = new GroupSettings(30, 1000, 8, 1);
        Group steady = Group.serving(settings);
        Group starting = Group.serving(settings);
        Random random = new Random(12);
        for (int step = 0; step < 300; step++) {
            long passed = random.nextInt(20) == 0 ? 60_000 : random.nextInt(100);
            List<Request> requests = new ArrayList<>();
            if (step % 20 == 19) {
                requests.addAll(leaves(step / 20, steady.machine.appliedIndex() + 1));
            }
            for (int i = random.nextInt(40); i > 0; i--) {
                requests.add(steady.stamped(clearOrPut(random)));
            }
            for (Group each : List.of(steady, starting)) {
                each.now += passed;
                each.apply(requests.toArray(Request[]::new));
            }
            starting.machine = starting.open();
            assertEquals(steady.digest(), starting.digest(), "step " + step);
        }
        for (int i = 0; i < 100; i++) {
            steady.passTime(60_000);
        }
        assertEquals(0, steady.rowCount(RowKind.EXPIRY));
        assertEquals(0, steady.rowCount(RowKind.KEY));
    }

    private static Command clearOrPut(Random random) {
        long millis = 1L + random.nextInt(random.nextInt(3) == 0 ? 50_000 : 500);
        return random.nextInt(60) == 0
                ? new Command.Clear(random.nextInt(30))
                : put("k" + random.nextInt(2_000), "v", millis);
    }

    /** A shard goes elsewhere, with whatever keys it has, in the entry of that index. */
    private static List<Request> leaves(int shard, long index) {
        return List.of(
                Group.bare(new Command.StartCopy(shard, 2, 9)),
                Group.bare(new Command.Freeze(shard, index)),
                Group.bare(new Command.HandOver(shard, index, index)),
                Group.bare(new Command.Release(shard, index)));
    }

    /** An idle group: nothing is applied, so log time stands still until someone asks for it. */
    @Test
    @Tag("kb-51")
    void aReadAwaitsTimeIfItMeetsAnExpiryThatHasPassed() {
        putFor("k", "v", 100);
        group.put("lasting", "v");
        long expiry = group.now + 100;
        Command.Get get = new Command.Get(b("k"));
        Command.CountKeys count = new Command.CountKeys(shardOf("k"));
        assertFalse(group.machine.awaitsTime(get, expiry - 1));
        assertFalse(group.machine.awaitsTime(count, expiry - 1));
        assertTrue(group.machine.awaitsTime(get, expiry));
        assertTrue(group.machine.awaitsTime(count, expiry));
        assertFalse(group.machine.awaitsTime(new Command.Get(b("lasting")), expiry));
        assertTrue(group.machine.awaitsTime(new Command.TimeToLive(b("k")), group.now + 1));
        assertFalse(group.machine.awaitsTime(new Command.TimeToLive(b("lasting")), expiry));
        group.passTime(100);
        assertFalse(group.machine.awaitsTime(get, expiry + 5));
        assertFalse(group.machine.awaitsTime(count, expiry + 5));
        assertEquals(NIL, group.get("k"));
    }
}
