package io.somekv.kv;

import static io.somekv.kv.Group.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What each command does to keys, as Redis has it. */
class KvMachineTest {
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

    @Test
    void aMissingKeyIsNilAndAPutOverwrites() {
        assertEquals(NIL, group.get("k"));
        assertEquals(OK, group.put("k", "1"));
        assertEquals(OK, group.put("k", "2"));
        assertEquals(value("2"), group.get("k"));
        assertEquals(OK, group.put("", "the empty key is a key"));
        assertEquals(value("the empty key is a key"), group.get(""));
    }

    @Test
    void conditionsAndOldValues() {
        Command.Put absent =
                new Command.Put(b("k"), b("1"), Condition.IF_ABSENT, Expiry.NONE, false);
        Command.Put present =
                new Command.Put(b("k"), b("2"), Condition.IF_PRESENT, Expiry.NONE, false);
        assertEquals(NIL, group.run(present));
        assertEquals(OK, group.run(absent));
        assertEquals(NIL, group.run(absent));
        assertEquals(OK, group.run(present));
        Command.Put returning =
                new Command.Put(b("k"), b("3"), Condition.IF_ABSENT, Expiry.NONE, true);
        assertEquals(value("2"), group.run(returning));
        assertEquals(value("2"), group.get("k"));
        assertEquals(
                value("2"),
                group.run(new Command.Put(b("k"), b("4"), Condition.ALWAYS, Expiry.NONE, true)));
        assertEquals(
                NIL,
                group.run(new Command.Put(b("new"), b("4"), Condition.ALWAYS, Expiry.NONE, true)));
    }

    @Test
    void appendDeleteExistsAndLength() {
        assertEquals(number(2), group.run(new Command.Append(b("{s}a"), b("ab"))));
        assertEquals(number(4), group.run(new Command.Append(b("{s}a"), b("cd"))));
        assertEquals(value("abcd"), group.get("{s}a"));
        assertEquals(number(4), group.machine.read(new Command.StringLength(b("{s}a"))));
        assertEquals(number(0), group.machine.read(new Command.StringLength(b("{s}b"))));
        List<Bytes> keys = List.of(b("{s}a"), b("{s}b"), b("{s}a"));
        assertEquals(number(2), group.machine.read(new Command.Exists(keys)));
        assertEquals(
                new Outcome.Values(
                        List.of(Optional.of(b("abcd")), Optional.empty(), Optional.of(b("abcd")))),
                group.machine.read(new Command.GetMany(keys)));
        assertEquals(number(1), group.run(new Command.Delete(keys)));
        assertEquals(number(0), group.run(new Command.Delete(keys)));
        assertEquals(number(0), group.run(new Command.Append(b("empty"), b(""))));
        assertEquals(value(""), group.get("empty"));
    }

    @Test
    void integers() {
        assertEquals(number(5), group.run(new Command.Increment(b("n"), 5)));
        assertEquals(number(-2), group.run(new Command.Increment(b("n"), -7)));
        group.put("n", Long.toString(Long.MAX_VALUE));
        assertEquals(Reason.OVERFLOW, reason(group.run(new Command.Increment(b("n"), 1))));
        assertEquals(number(-1), group.run(new Command.Increment(b("n"), Long.MIN_VALUE)));
        group.put("n", "1 ");
        assertEquals(Reason.NOT_AN_INTEGER, reason(group.run(new Command.Increment(b("n"), 1))));
        assertEquals(value("1 "), group.get("n"));
    }

    @Test
    void fractionsAreExactAndCannotBlowUp() {
        group.put("f", "0.1");
        assertEquals(value("0.3"), group.run(new Command.IncrementFloat(b("f"), "0.2")));
        group.put("f", "5.0e3");
        assertEquals(value("5200"), group.run(new Command.IncrementFloat(b("f"), "2.0e2")));
        assertEquals(
                Reason.NOT_A_FLOAT,
                reason(group.run(new Command.IncrementFloat(b("f"), "1e1000000000"))));
        group.put("f", "1e1000000000");
        assertEquals(
                Reason.NOT_A_FLOAT, reason(group.run(new Command.IncrementFloat(b("f"), "1"))));
        group.put("f", "9".repeat(330));
        assertEquals(Reason.OVERFLOW, reason(group.run(new Command.IncrementFloat(b("f"), "1"))));
    }

    @Test
    void sizesAreLimited() {
        Bytes large = Bytes.wrap(new byte[1001]);
        assertEquals(Reason.VALUE_TOO_LARGE, reason(group.run(Command.Put.of(b("k"), large))));
        group.run(Command.Put.of(b("k"), large.slice(0, 1000)));
        assertEquals(Reason.VALUE_TOO_LARGE, reason(group.run(new Command.Append(b("k"), b("x")))));
        assertEquals(number(1000), group.machine.read(new Command.StringLength(b("k"))));
        Command.PutMany many =
                new Command.PutMany(
                        List.of(
                                new Command.KeyValue(b("{k}1"), b("small")),
                                new Command.KeyValue(b("{k}2"), large)));
        assertEquals(Reason.VALUE_TOO_LARGE, reason(group.run(many)));
        assertEquals(NIL, group.get("{k}1"));
        Bytes longKey = Bytes.wrap(new byte[GroupSettings.KEY_SIZE_MAX + 1]);
        assertInstanceOf(Outcome.Invalid.class, group.run(Command.Put.of(longKey, b("v"))));
        assertInstanceOf(Outcome.Invalid.class, group.machine.read(new Command.Get(longKey)));
    }

    @Test
    void commandsOfNoShardOrSeveralAreInvalid() {
        assertInstanceOf(Outcome.Invalid.class, group.run(new Command.Delete(List.of())));
        assertInstanceOf(
                Outcome.Invalid.class, group.run(new Command.Delete(List.of(keyOf(0), keyOf(1)))));
        assertInstanceOf(Outcome.Invalid.class, group.run(new Command.Clear(4)));
        assertInstanceOf(Outcome.Invalid.class, group.run(new Command.Join(List.of())));
        assertInstanceOf(
                Outcome.Invalid.class,
                group.apply(Group.bare(Command.Put.of(b("k"), b("v")))).get(0));
    }

    private static Bytes keyOf(int shard) {
        for (int i = 0; ; i++) {
            if (Slots.shardOf(b("key" + i), 4) == shard) {
                return b("key" + i);
            }
        }
    }

    @Test
    void theSecondCommandOfAnEntrySeesTheFirst() {
        List<Outcome> outcomes =
                group.apply(
                        group.stamped(new Command.Append(b("k"), b("a"))),
                        group.stamped(new Command.Append(b("k"), b("b"))),
                        group.stamped(new Command.Delete(List.of(b("k")))),
                        group.stamped(new Command.Append(b("k"), b("c"))));
        assertEquals(List.of(number(1), number(2), number(1), number(1)), outcomes);
        assertEquals(value("c"), group.get("k"));
    }

    // ---- expiry

    private Outcome putFor(String key, String text, long millis) {
        return group.run(
                new Command.Put(
                        b(key),
                        b(text),
                        Condition.ALWAYS,
                        new Expiry(Expiry.Kind.AFTER, millis),
                        false));
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
        assertEquals(150, rowCount(RowKind.KEY));
        group.passTime(1);
        group.passTime(1);
        group.passTime(1);
        assertEquals(1, rowCount(RowKind.KEY));
        assertEquals(0, rowCount(RowKind.EXPIRY));
        assertEquals(value("stays"), group.get("k7"));
    }

    private int rowCount(int kind) {
        int[] count = new int[1];
        group.engine.scan(
                EngineKey.firstOfStore(Group.STORE),
                EngineKey.firstOfStore(Group.STORE + 1),
                (key, _) -> {
                    count[0] += key.at(14) == kind ? 1 : 0;
                    return true;
                });
        return count[0];
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

    // ---- shards

    @Test
    void clearDropsTheRowsOfOneShardAndNoMore() {
        Bytes zero = keyOf(0);
        Bytes one = keyOf(1);
        group.run(Command.Put.of(zero, b("v")));
        group.run(Command.Put.of(one, b("v")));
        List<Outcome> outcomes =
                group.apply(
                        group.stamped(new Command.Clear(0)),
                        group.stamped(Command.Put.of(zero, b("between"))),
                        group.stamped(new Command.Clear(0)),
                        group.stamped(new Command.Append(zero, b("after"))));
        assertEquals(List.of(OK, OK, OK, number(5)), outcomes);
        assertEquals(number(1), group.machine.read(new Command.CountKeys(0)));
        assertEquals(number(1), group.machine.read(new Command.CountKeys(1)));
        assertEquals(2, rowCount(RowKind.KEY));
        group.restart();
        assertEquals(new Outcome.Value(b("after")), group.machine.read(new Command.Get(zero)));
    }

    @Test
    void aGroupServesNothingBeforeItIsConfigured() {
        Group blank = new Group();
        assertEquals(new Outcome.WrongGroup(0), blank.put("k", "v"));
        assertEquals(new Outcome.WrongGroup(0), blank.get("k"));
        assertEquals(Optional.empty(), blank.machine.settings());
        GroupSettings settings = new GroupSettings(4, 1000, 8, 1);
        Command.Configure configure = new Command.Configure(settings);
        assertEquals(OK, blank.apply(Group.bare(configure)).getFirst());
        assertEquals(OK, blank.apply(Group.bare(configure)).getFirst());
        assertEquals(Optional.of(settings), blank.machine.settings());
        assertEquals(
                Reason.ALREADY_STARTED,
                reason(
                        blank.apply(Group.bare(new Command.Configure(GroupSettings.defaults(8))))
                                .getFirst()));
    }

    /** A plain put needs nothing that is there, and must not pay for looking. */
    @Test
    void aBlindPutReadsNothing() {
        MemoryEngine memory = new MemoryEngine();
        CountingEngine counting = new CountingEngine(memory);
        KvMachine machine = new KvMachine(counting, 1, EnumSet.noneOf(Mutation.class));
        Group source = new Group();
        machine.apply(
                new AppliedEntry(
                        1,
                        Group.START,
                        List.of(
                                Group.bare(new Command.Configure(GroupSettings.defaults(1))),
                                Group.bare(new Command.Own(0, 1)))));
        counting.reads = 0;
        machine.apply(
                new AppliedEntry(
                        2, Group.START, List.of(source.stamped(Command.Put.of(b("k"), b("v"))))));
        machine.apply(
                new AppliedEntry(
                        3, Group.START, List.of(source.stamped(Command.Put.of(b("k"), b("w"))))));
        assertEquals(0, counting.reads);
    }

    private static final class CountingEngine implements Engine {
        private final Engine inner;
        int reads;

        CountingEngine(Engine inner) {
            this.inner = inner;
        }

        @Override
        public void apply(WriteBatch batch) {
            inner.apply(batch);
        }

        @Override
        public Optional<Bytes> get(Bytes key) {
            reads++;
            return inner.get(key);
        }

        @Override
        public void scan(Bytes from, Bytes to, RowVisitor visitor) {
            reads++;
            inner.scan(from, to, visitor);
        }

        @Override
        public long applied(long storeId) {
            return inner.applied(storeId);
        }

        @Override
        public long flushedApplied(long storeId) {
            return inner.flushedApplied(storeId);
        }

        @Override
        public void flush() {
            inner.flush();
        }

        @Override
        public Pin pin() {
            return inner.pin();
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
