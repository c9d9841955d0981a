package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Commands that read and write values. */
final class StringCommands {
    private StringCommands() {}

    static void addTo(CommandTable table) {
        CommandTable.Rows rows = table.rows(CommandSpec.Group.STRING);
        addReads(rows);
        addPuts(rows);
        rows.add(
                        "append 3 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "2.0.0",
                        "Appends to the end of a value; sets a missing key.",
                        call ->
                                KeyedAsk.one(
                                        call,
                                        call.at(1),
                                        new Command.Append(call.at(1), call.at(2))))
                .add(
                        "incr 2 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Adds one to an integer.",
                        call -> increment(call, OptionalLong.of(1)))
                .add(
                        "decr 2 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Takes one from an integer.",
                        call -> increment(call, OptionalLong.of(-1)))
                .add(
                        "incrby 3 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Adds to an integer.",
                        call -> increment(call, call.number(2)))
                .add(
                        "decrby 3 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Takes from an integer.",
                        StringCommands::decrementBy)
                .add(
                        "incrbyfloat 3 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "2.6.0",
                        "Adds to a decimal number, exactly.",
                        StringCommands::incrementByFloat);
    }

    private static void addReads(CommandTable.Rows rows) {
        rows.add(
                        "get 2 readonly fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Returns the value of a key.",
                        call -> KeyedAsk.one(call, call.at(1), new Command.Get(call.at(1))))
                .add(
                        "mget -2 readonly fast",
                        CommandSpec.Keys.ALL,
                        "1.0.0",
                        "Returns the values of several keys; each shard is read on its own.",
                        call -> KeyedAsk.values(call, call.arguments().subList(1, call.count())))
                .add(
                        "strlen 2 readonly fast",
                        CommandSpec.Keys.ONE,
                        "2.2.0",
                        "Returns the size of a value.",
                        call ->
                                KeyedAsk.one(
                                        call, call.at(1), new Command.StringLength(call.at(1))))
                .add(
                        "getrange 4 readonly",
                        CommandSpec.Keys.ONE,
                        "2.4.0",
                        "Returns a part of a value.",
                        StringCommands::range)
                .add(
                        "substr 4 readonly",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Returns a part of a value; the old name of GETRANGE.",
                        StringCommands::range);
    }

    private static void addPuts(CommandTable.Rows rows) {
        rows.add(
                        "set -3 write denyoom",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Sets a key, on a condition and with an expiry if asked.",
                        SetOptions::handle)
                .add(
                        "setnx 3 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Sets a key that does not exist.",
                        call ->
                                KeyedAsk.one(
                                        call,
                                        call.at(1),
                                        new Command.Put(
                                                call.at(1),
                                                call.at(2),
                                                Condition.IF_ABSENT,
                                                Expiry.NONE,
                                                false),
                                        outcome ->
                                                new RespReply.Int(
                                                        outcome instanceof Outcome.Ok ? 1 : 0)))
                .add(
                        "setex 4 write denyoom",
                        CommandSpec.Keys.ONE,
                        "2.0.0",
                        "Sets a key that expires after seconds.",
                        call -> putExpiring(call, 1000))
                .add(
                        "psetex 4 write denyoom",
                        CommandSpec.Keys.ONE,
                        "2.6.0",
                        "Sets a key that expires after milliseconds.",
                        call -> putExpiring(call, 1))
                .add(
                        "getset 3 write denyoom fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Sets a key and returns what it was.",
                        call ->
                                KeyedAsk.one(
                                        call,
                                        call.at(1),
                                        new Command.Put(
                                                call.at(1),
                                                call.at(2),
                                                Condition.ALWAYS,
                                                Expiry.NONE,
                                                true)))
                .add(
                        "mset -3 write denyoom",
                        CommandSpec.Keys.EVERY_SECOND,
                        "1.0.1",
                        "Sets several keys; atomic within a shard only.",
                        StringCommands::putMany);
    }

    private static RespAction putExpiring(RespCall call, int unitMillis) {
        OptionalLong amount = call.number(2);
        if (amount.isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        } else if (amount.getAsLong() <= 0 || amount.getAsLong() > Long.MAX_VALUE / unitMillis) {
            return RespAction.reply(Replies.invalidExpiry(call.name()));
        }
        Expiry expiry = new Expiry(Expiry.Kind.AFTER, amount.getAsLong() * unitMillis);
        return KeyedAsk.one(
                call,
                call.at(1),
                new Command.Put(call.at(1), call.at(3), Condition.ALWAYS, expiry, false));
    }

    private static RespAction putMany(RespCall call) {
        if (call.count() % 2 == 0) {
            return call.wrongArity("mset");
        }
        List<Command.KeyValue> pairs = new ArrayList<>(call.count() / 2);
        for (int i = 1; i < call.count(); i += 2) {
            pairs.add(new Command.KeyValue(call.at(i), call.at(i + 1)));
        }
        return KeyedAsk.puts(call, pairs);
    }

    private static RespAction increment(RespCall call, OptionalLong delta) {
        return delta.isEmpty()
                ? RespAction.reply(Replies.NOT_AN_INTEGER)
                : KeyedAsk.one(
                        call, call.at(1), new Command.Increment(call.at(1), delta.getAsLong()));
    }

    private static RespAction decrementBy(RespCall call) {
        OptionalLong delta = call.number(2);
        if (delta.isPresent() && delta.getAsLong() == Long.MIN_VALUE) {
            return RespAction.error("ERR decrement would overflow");
        }
        return increment(call, delta.isPresent() ? OptionalLong.of(-delta.getAsLong()) : delta);
    }

    private static RespAction incrementByFloat(RespCall call) {
        String delta = call.text(2);
        if (!isFloat(delta)) {
            return RespAction.reply(Replies.NOT_A_FLOAT);
        }
        return KeyedAsk.one(call, call.at(1), new Command.IncrementFloat(call.at(1), delta));
    }

    /** Short enough, and an exponent small enough, that computing with it exactly costs nothing. */
    private static boolean isFloat(String text) {
        if (text.length() > 64) {
            return false;
        }
        try {
            return Math.abs((long) new BigDecimal(text).scale()) <= 512;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static RespAction range(RespCall call) {
        OptionalLong from = call.number(2);
        OptionalLong to = call.number(3);
        if (from.isEmpty() || to.isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        }
        return KeyedAsk.one(
                call,
                call.at(1),
                new Command.Get(call.at(1)),
                outcome ->
                        new RespReply.Bulk(
                                outcome instanceof Outcome.Value value
                                        ? slice(value.value(), from.getAsLong(), to.getAsLong())
                                        : Bytes.EMPTY));
    }

    /** Both ends included, negative ones counted from the end. */
    private static Bytes slice(Bytes value, long from, long to) {
        int size = value.size();
        if (from < 0 && to < 0 && from > to) {
            return Bytes.EMPTY;
        }
        long first = Math.max(0, from < 0 ? size + from : from);
        long last = Math.min(size - 1L, Math.max(0, to < 0 ? size + to : to));
        return first > last ? Bytes.EMPTY : value.slice((int) first, (int) (last - first + 1));
    }
}
