package io.somekv.kv;

import static io.somekv.kv.Group.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.config.GroupSettings;
import java.util.List;
import java.util.Optional;
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
                Outcome.Invalid.class,
                group.run(new Command.Delete(List.of(Group.keyOf(0), Group.keyOf(1)))));
        assertInstanceOf(Outcome.Invalid.class, group.run(new Command.Clear(4)));
        assertInstanceOf(Outcome.Invalid.class, group.run(new Command.Join(List.of())));
        assertInstanceOf(
                Outcome.Invalid.class,
                group.apply(Group.bare(Command.Put.of(b("k"), b("v")))).get(0));
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
}
