package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Histories of one object as text, one operation a line: client, where it was called and where it
 * returned, what was asked, what was heard ({@code ?} for nothing). A position is also a second.
 * Behind {@code @} stands the second at which a key expires, behind {@code +} after how many.
 *
 * <pre>
 * 1  0..5  put a     ok
 * 2  3..9  get       a
 * 1  6..?  append b  ?
 * </pre>
 */
final class Histories {
    static final Bytes KEY = Bytes.utf8("key");
    static final Bytes OTHER = Bytes.utf8("other");
    private static final List<Bytes> BOTH = List.of(KEY, OTHER);
    private static final List<String> BARE =
            List.of("get", "delete", "ttl", "persist", "clear", "count", "getboth", "deleteboth");

    private Histories() {}

    static List<Operation> parse(String text) {
        List<Operation> operations = new ArrayList<>();
        for (String line : text.lines().map(String::strip).toList()) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                operations.add(operation(List.of(line.split(" +"))));
            }
        }
        return operations;
    }

    private static Operation operation(List<String> words) {
        List<String> span = List.of(words.get(1).split("\\.\\."));
        boolean known = !span.get(1).equals("?");
        boolean bare = BARE.contains(words.get(2));
        long called = Long.parseLong(span.get(0));
        long returned = known ? Long.parseLong(span.get(1)) : Operation.NEVER;
        String argument = bare ? "" : words.get(3);
        return new Operation(
                Integer.parseInt(words.get(0)),
                KEY,
                command(words.get(2), argument),
                called,
                called * 1_000,
                returned,
                known ? returned * 1_000 : Operation.NEVER,
                known ? Optional.of(outcome(words.getLast())) : Optional.empty());
    }

    private static Command.Expiry expiry(String argument) {
        int at = argument.indexOf('@');
        int after = argument.indexOf('+');
        if (at < 0 && after < 0) {
            return Command.Expiry.NONE;
        }
        long millis = Long.parseLong(argument.substring(Math.max(at, after) + 1)) * 1_000;
        return at < 0
                ? new Command.Expiry(Command.Expiry.Kind.AFTER, millis)
                : new Command.Expiry(Command.Expiry.Kind.AT, millis);
    }

    private static Command command(String verb, String argument) {
        Bytes value = Bytes.utf8(argument);
        Bytes timed = Bytes.utf8(argument.replaceAll("[@+].*", ""));
        return switch (verb) {
            case "get" -> new Command.Get(KEY);
            case "put" -> Command.Put.of(KEY, value);
            case "putnew" ->
                    new Command.Put(
                            KEY, value, Command.Condition.IF_ABSENT, Command.Expiry.NONE, false);
            case "puttimed" ->
                    new Command.Put(KEY, timed, Command.Condition.ALWAYS, expiry(argument), false);
            case "expire" -> new Command.Expire(KEY, expiry(argument));
            case "persist" -> new Command.Expire(KEY, Command.Expiry.NONE);
            case "ttl" -> new Command.TimeToLive(KEY);
            case "putother" -> Command.Put.of(OTHER, value);
            case "putboth" ->
                    new Command.PutMany(
                            List.of(
                                    new Command.KeyValue(KEY, value),
                                    new Command.KeyValue(OTHER, value)));
            case "getboth" -> new Command.GetMany(BOTH);
            case "deleteboth" -> new Command.Delete(BOTH);
            case "clear" -> new Command.Clear(0);
            case "count" -> new Command.CountKeys(0);
            case "append" -> new Command.Append(KEY, value);
            case "delete" -> new Command.Delete(List.of(KEY));
            case "increment" -> new Command.Increment(KEY, Long.parseLong(argument));
            default -> throw new IllegalArgumentException(verb);
        };
    }

    private static Outcome outcome(String word) {
        if (word.startsWith("#")) {
            return new Outcome.Int(Long.parseLong(word.substring(1)));
        }
        if (word.contains(",")) {
            return new Outcome.Values(
                    List.of(word.split(",")).stream()
                            .map(each ->
                                    Optional.of(Bytes.utf8(each)).filter(_ -> !each.equals("nil")))
                            .toList());
        }
        return switch (word) {
            case "ok" -> new Outcome.Ok();
            case "nil" -> new Outcome.Nil();
            default -> new Outcome.Value(Bytes.utf8(word));
        };
    }
}
