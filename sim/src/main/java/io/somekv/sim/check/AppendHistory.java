package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Exactly once, read off a key that is only ever appended to and read: every append has a suffix of
 * its own that ends in {@link #END}, so that the value tells which appends took effect, how often,
 * and in which order. It sees a double execution even where the search for a linearization would
 * need long, and says which one it was.
 */
public final class AppendHistory {
    /** Ends every suffix. */
    public static final char END = ';';

    private AppendHistory() {}

    /**
     * Checks a key's operations against its value after all of them.
     *
     * @return what is wrong, or empty
     */
    public static Optional<String> check(List<Operation> operations, Bytes finalValue) {
        String value = finalValue.toUtf8();
        Map<String, Operation> appends = new HashMap<>();
        for (Operation operation : operations) {
            switch (operation.command()) {
                case Command.Append append -> appends.put(append.suffix().toUtf8(), operation);
                case Command.Get _ -> {
                    if (operation.outcome().orElse(null) instanceof Outcome.Value(Bytes read)
                            && !value.startsWith(read.toUtf8())) {
                        return Optional.of(
                                "a read that is no prefix of " + value + ": " + operation);
                    }
                }
                default -> throw new IllegalArgumentException("not an append: " + operation);
            }
        }
        List<Operation> order = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String suffix : suffixes(value)) {
            Operation append = appends.get(suffix);
            if (append == null) {
                return Optional.of("a suffix that nobody appended: " + suffix);
            }
            if (!seen.add(suffix)) {
                return Optional.of("executed twice: " + append);
            }
            order.add(append);
        }
        for (Map.Entry<String, Operation> append : appends.entrySet()) {
            if (append.getValue().known() && !seen.contains(append.getKey())) {
                return Optional.of("acknowledged and lost: " + append.getValue());
            }
        }
        return outOfOrder(order);
    }

    /** From the back: none may have returned before one that stands ahead of it was called. */
    private static Optional<String> outOfOrder(List<Operation> order) {
        long firstReturn = Operation.NEVER;
        for (int i = order.size() - 1; i >= 0; i--) {
            Operation append = order.get(i);
            if (firstReturn < append.called()) {
                return Optional.of("stands ahead of one that had returned: " + append);
            }
            firstReturn = Math.min(firstReturn, append.returned());
        }
        return Optional.empty();
    }

    /**
     * What the value after all operations says of the appends that nobody heard of: those that it
     * shows are answered as they must have been, by the size up to there; the others have had no
     * effect before it was read, and are left out. So a search need not try where each stands.
     */
    public static List<Operation> settled(List<Operation> operations, Bytes finalValue) {
        Map<String, Integer> endBySuffix = new HashMap<>();
        int end = 0;
        for (String suffix : suffixes(finalValue.toUtf8())) {
            end += suffix.length();
            endBySuffix.putIfAbsent(suffix, end);
        }
        List<Operation> settled = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.known() || !(operation.command() instanceof Command.Append append)) {
                settled.add(operation);
                continue;
            }
            Integer size = endBySuffix.get(append.suffix().toUtf8());
            if (size != null) {
                settled.add(operation.answered(new Outcome.Int(size)));
            }
        }
        return settled;
    }

    private static List<String> suffixes(String value) {
        List<String> suffixes = new ArrayList<>();
        int from = 0;
        for (int end = value.indexOf(END); end >= 0; end = value.indexOf(END, from)) {
            suffixes.add(value.substring(from, end + 1));
            from = end + 1;
        }
        if (from < value.length()) {
            suffixes.add(value.substring(from));
        }
        return suffixes;
    }
}
