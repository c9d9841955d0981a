package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Histories of one key as text, one operation a line: client, where it was called and where it
 * returned, what was asked, what was heard ({@code ?} for nothing).
 *
 * <pre>
 * 1  0..5  put a     ok
 * 2  3..9  get       a
 * 1  6..?  append b  ?
 * </pre>
 */
final class Histories {
    static final Bytes KEY = Bytes.utf8("key");

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
        boolean bare = words.get(2).equals("get") || words.get(2).equals("delete");
        String argument = bare ? "" : words.get(3);
        return new Operation(
                Integer.parseInt(words.get(0)),
                KEY,
                command(words.get(2), argument),
                Long.parseLong(span.get(0)),
                known ? Long.parseLong(span.get(1)) : Operation.NEVER,
                known ? Optional.of(outcome(words.getLast())) : Optional.empty());
    }

    private static Command command(String verb, String argument) {
        Bytes value = Bytes.utf8(argument);
        return switch (verb) {
            case "get" -> new Command.Get(KEY);
            case "put" -> Command.Put.of(KEY, value);
            case "putnew" ->
                    new Command.Put(
                            KEY, value, Command.Condition.IF_ABSENT, Command.Expiry.NONE, false);
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
        return switch (word) {
            case "ok" -> new Outcome.Ok();
            case "nil" -> new Outcome.Nil();
            default -> new Outcome.Value(Bytes.utf8(word));
        };
    }
}
