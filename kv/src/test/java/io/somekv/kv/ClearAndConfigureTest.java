package io.somekv.kv;

import static io.somekv.kv.Group.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Outcome.Reason;
import io.somekv.protocol.config.GroupSettings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a group does before it is configured, and what becomes of a cleared shard. */
class ClearAndConfigureTest {
    private static final Outcome OK = new Outcome.Ok();

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
    void clearDropsTheRowsOfOneShardAndNoMore() {
        Bytes zero = Group.keyOf(0);
        Bytes one = Group.keyOf(1);
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
        assertEquals(2, group.rowCount(RowKind.KEY));
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
}
