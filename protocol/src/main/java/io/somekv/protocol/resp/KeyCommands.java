package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import java.util.List;
import java.util.OptionalLong;

/** Commands that speak of keys, whatever their values. */
final class KeyCommands {
    /** What a key costs beside its own bytes and its value's; an estimate. */
    private static final int ROW_OVERHEAD = 64;

    /** Longest value that Redis keeps in one allocation with its header. */
    private static final int EMBEDDED_SIZE_MAX = 44;

    private KeyCommands() {}

    static void addTo(CommandTable table) {
        CommandTable.Rows rows = table.rows(CommandSpec.Group.GENERIC);
        addCounts(rows);
        addExpiry(rows);
        rows.add(
                        "type 2 readonly fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Returns string, or none for a missing key.",
                        call ->
                                KeyedAsk.one(
                                        call,
                                        call.at(1),
                                        new Command.Exists(List.of(call.at(1))),
                                        outcome ->
                                                new RespReply.Simple(
                                                        isZero(outcome) ? "none" : "string")))
                .add(
                        "object -2 readonly",
                        new CommandSpec.Keys(2, 2, 1),
                        "2.2.3",
                        "OBJECT ENCODING: how Redis would store a value.",
                        KeyCommands::object)
                .add(
                        "wait 3 blocking",
                        CommandSpec.Keys.NONE,
                        "3.0.0",
                        "Returns at once: an acknowledged write is on a majority already.",
                        KeyCommands::await)
                .add(
                        "waitaof 4 blocking",
                        CommandSpec.Keys.NONE,
                        "7.2.0",
                        "Returns at once: an acknowledged write is on a majority's disks already.",
                        KeyCommands::awaitDisks);
    }

    private static void addCounts(CommandTable.Rows rows) {
        rows.add(
                        "del -2 write",
                        CommandSpec.Keys.ALL,
                        "1.0.0",
                        "Deletes keys; atomic within a shard only.",
                        call -> KeyedAsk.sum(call, keys(call), Command.Delete::new))
                .add(
                        "unlink -2 write fast",
                        CommandSpec.Keys.ALL,
                        "4.0.0",
                        "Deletes keys, as DEL does.",
                        call -> KeyedAsk.sum(call, keys(call), Command.Delete::new))
                .add(
                        "exists -2 readonly fast",
                        CommandSpec.Keys.ALL,
                        "1.0.0",
                        "Counts the keys that exist.",
                        call -> KeyedAsk.sum(call, keys(call), Command.Exists::new))
                .add(
                        "touch -2 readonly fast",
                        CommandSpec.Keys.ALL,
                        "3.2.1",
                        "Counts the keys that exist.",
                        call -> KeyedAsk.sum(call, keys(call), Command.Exists::new));
    }

    private static void addExpiry(CommandTable.Rows rows) {
        rows.add(
                        "expire -3 write fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Lets a key expire after seconds.",
                        call -> expire(call, Expiry.Kind.AFTER, 1000))
                .add(
                        "pexpire -3 write fast",
                        CommandSpec.Keys.ONE,
                        "2.6.0",
                        "Lets a key expire after milliseconds.",
                        call -> expire(call, Expiry.Kind.AFTER, 1))
                .add(
                        "expireat -3 write fast",
                        CommandSpec.Keys.ONE,
                        "1.2.0",
                        "Lets a key expire at a second since 1970.",
                        call -> expire(call, Expiry.Kind.AT, 1000))
                .add(
                        "pexpireat -3 write fast",
                        CommandSpec.Keys.ONE,
                        "2.6.0",
                        "Lets a key expire at a millisecond since 1970.",
                        call -> expire(call, Expiry.Kind.AT, 1))
                .add(
                        "persist 2 write fast",
                        CommandSpec.Keys.ONE,
                        "2.2.0",
                        "Takes a key's expiry away; 1 if the key exists.",
                        call ->
                                KeyedAsk.one(
                                        call,
                                        call.at(1),
                                        new Command.Expire(call.at(1), Expiry.NONE)))
                .add(
                        "ttl 2 readonly fast",
                        CommandSpec.Keys.ONE,
                        "1.0.0",
                        "Returns the seconds until a key expires.",
                        call -> timeToLive(call, 1000))
                .add(
                        "pttl 2 readonly fast",
                        CommandSpec.Keys.ONE,
                        "2.6.0",
                        "Returns the milliseconds until a key expires.",
                        call -> timeToLive(call, 1));
    }

    private static List<Bytes> keys(RespCall call) {
        return call.arguments().subList(1, call.count());
    }

    private static boolean isZero(Outcome outcome) {
        return outcome instanceof Outcome.Int number && number.value() == 0;
    }

    private static RespAction expire(RespCall call, Expiry.Kind kind, int unitMillis) {
        OptionalLong amount = call.number(2);
        if (amount.isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        } else if (call.count() > 3) {
            return RespAction.error(
                    "ERR the options NX, XX, GT and LT of " + call.upper(0) + " are not supported");
        } else if (Math.abs(amount.getAsLong()) > Long.MAX_VALUE / 4 / unitMillis
                || amount.getAsLong() == Long.MIN_VALUE) {
            return RespAction.reply(Replies.invalidExpiry(call.name()));
        }
        Expiry expiry = new Expiry(kind, amount.getAsLong() * unitMillis);
        return KeyedAsk.one(call, call.at(1), new Command.Expire(call.at(1), expiry));
    }

    private static RespAction timeToLive(RespCall call, int unitMillis) {
        return KeyedAsk.one(
                call,
                call.at(1),
                new Command.TimeToLive(call.at(1)),
                outcome -> {
                    long millis = ((Outcome.Int) outcome).value();
                    return new RespReply.Int(
                            millis < 0 ? millis : (millis + unitMillis / 2) / unitMillis);
                });
    }

    private static RespAction object(RespCall call) {
        if (!call.upper(1).equals("ENCODING")) {
            return call.unknownSubcommand();
        } else if (call.count() != 3) {
            return call.wrongArity("object|encoding");
        }
        return KeyedAsk.one(
                call,
                call.at(2),
                new Command.Get(call.at(2)),
                outcome ->
                        outcome instanceof Outcome.Value value
                                ? RespReply.bulk(encodingOf(value.value()))
                                : RespReply.NULL);
    }

    private static String encodingOf(Bytes value) {
        if (Decimals.parse(value).isPresent()) {
            return "int";
        }
        return value.size() <= EMBEDDED_SIZE_MAX ? "embstr" : "raw";
    }

    /** MEMORY USAGE, called from the commands of the server. */
    static RespAction memoryUsage(RespCall call) {
        Bytes key = call.at(2);
        return KeyedAsk.one(
                call,
                key,
                new Command.Get(key),
                outcome ->
                        outcome instanceof Outcome.Value value
                                ? new RespReply.Int(
                                        (long) key.size() + value.value().size() + ROW_OVERHEAD)
                                : RespReply.NULL);
    }

    private static RespAction await(RespCall call) {
        if (call.number(1).isEmpty() || call.number(2).isEmpty()) {
            return RespAction.reply(Replies.NOT_AN_INTEGER);
        }
        return new RespAction.AskNode(facts -> new RespReply.Int(facts.followersInQuorum()));
    }

    private static RespAction awaitDisks(RespCall call) {
        for (int i = 1; i < call.count(); i++) {
            if (call.number(i).isEmpty()) {
                return RespAction.reply(Replies.NOT_AN_INTEGER);
            }
        }
        return new RespAction.AskNode(facts ->
                new RespReply.Array(
                        List.of(
                                new RespReply.Int(1),
                                new RespReply.Int(facts.followersInQuorum()))));
    }
}
