package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Is there an order of an object's operations, each between its call and its return, in which every
 * answer is what the {@link KeyModel} would say? The search of Wing and Gong ("Testing and
 * Verifying Concurrent Objects", 1993) with Lowe's memory of the configurations already tried
 * ("Testing for linearizability", 2017): a configuration is the set of operations placed and the
 * state they leave.
 *
 * <p>An operation with an unknown outcome has a call and no return: it may be placed anywhere
 * behind its call, or not at all. So it is placed only where nothing else goes on, and a
 * configuration that differs from a tried one only in that more of them are used up is not tried:
 * whatever it allows, the other one does. The search has a budget of steps; what it cannot decide
 * within it is {@link Verdict.Undecided}, which is no success.
 */
public final class Linearizability {
    /** What the search found. */
    public sealed interface Verdict {
        record Linearizable() implements Verdict {}

        /**
         * @param stuckAt the operation whose return the search could never get past
         */
        record Violated(Operation stuckAt) implements Verdict {}

        record Undecided(long steps) implements Verdict {}
    }

    /** A call or a return of a known operation in the list of what is not yet placed. */
    private static final class Node {
        final int number;
        final long position;
        @Nullable Node before;
        @Nullable Node after;

        /** Of a call: its return. */
        @Nullable Node match;

        Node(int number, long position) {
            this.number = number;
            this.position = position;
        }
    }

    /** Which known operations are placed, and what they leave; the bits are never changed again. */
    private record Configuration(BitSet known, NavigableMap<Bytes, Cell> state) {}

    private final List<Operation> operations;
    private final KeyModel model;
    private final long stepsMax;
    private final Node head = new Node(-1, -1);

    /** Numbers of the operations nobody knows the outcome of, by call. */
    private final int[] unknown;

    private final BitSet known = new BitSet();
    private final BitSet used = new BitSet();

    /** By configuration, the sets of unknown operations that it was tried with. */
    private final Map<Configuration, List<BitSet>> tried = new HashMap<>();

    private long steps;

    /** Operations with a known outcome that are not yet placed. */
    private int knownLeft;

    private int fewestLeft = Integer.MAX_VALUE;
    private @Nullable Operation stuckAt;

    private Linearizability(List<Operation> operations, LogTimeBounds bounds, long stepsMax) {
        this.operations = operations;
        this.model = new KeyModel(bounds);
        this.stepsMax = stepsMax;
        this.unknown =
                IntStream.range(0, operations.size())
                        .filter(i -> !operations.get(i).known())
                        .boxed()
                        .sorted(Comparator.comparingLong(i -> operations.get(i).called()))
                        .mapToInt(i -> i)
                        .toArray();
        link();
    }

    /** Checks the operations of one object, in any order of the list, from missing keys on. */
    public static Verdict check(List<Operation> operations, LogTimeBounds bounds, long stepsMax) {
        List<Operation> seen = withoutUnseen(operations);
        if (seen.size() < operations.size()) {
            Verdict verdict = new Linearizability(seen, bounds, stepsMax).judge();
            if (verdict instanceof Verdict.Linearizable) {
                return verdict;
            }
        }
        return new Linearizability(operations, bounds, stepsMax).judge();
    }

    /**
     * Leaves out the unknown writes whose bytes no answer shows: that they never happened is a fair
     * guess, and where it explains the history the search among them, exponential in their number,
     * is spared.
     */
    private static List<Operation> withoutUnseen(List<Operation> operations) {
        StringBuilder answers = new StringBuilder();
        for (Operation operation : operations) {
            operation.outcome().ifPresent(outcome -> answers.append(shown(outcome)).append(' '));
        }
        String all = answers.toString();
        return operations.stream()
                .filter(operation -> operation.known() || all.contains(written(operation)))
                .toList();
    }

    private static String shown(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Value(Bytes value) -> value.toUtf8();
            case Outcome.Values(List<Optional<Bytes>> values) -> {
                StringBuilder text = new StringBuilder();
                for (Optional<Bytes> value : values) {
                    text.append(value.orElse(Bytes.EMPTY).toUtf8()).append(' ');
                }
                yield text.toString();
            }
            default -> "";
        };
    }

    /**
     * What an answer shows of a write that took effect; what every answer shows where that is open.
     */
    private static String written(Operation operation) {
        return switch (operation.command()) {
            case Command.Append append -> append.suffix().toUtf8();
            case Command.Put put -> put.value().toUtf8();
            case Command.PutMany put -> put.pairs().getFirst().value().toUtf8();
            default -> "";
        };
    }

    private void link() {
        List<Node> nodes = new ArrayList<>();
        for (int number = 0; number < operations.size(); number++) {
            Operation operation = operations.get(number);
            if (operation.known()) {
                Node call = new Node(number, operation.called());
                call.match = new Node(number, operation.returned());
                nodes.add(call);
                nodes.add(call.match);
                knownLeft++;
            }
        }
        Node[] sorted = nodes.toArray(Node[]::new);
        Arrays.sort(sorted, Comparator.comparingLong(node -> node.position));
        Node last = head;
        for (Node node : sorted) {
            last.after = node;
            node.before = last;
            last = node;
        }
    }

    private Verdict judge() {
        if (search()) {
            return new Verdict.Linearizable();
        }
        return steps >= stepsMax || stuckAt == null
                ? new Verdict.Undecided(steps)
                : new Verdict.Violated(stuckAt);
    }

    /** Whether all can be placed. As deep as there are operations: so it calls nothing again. */
    private boolean search() {
        ArrayDeque<Attempt> way = new ArrayDeque<>();
        NavigableMap<Bytes, Cell> state = new TreeMap<>();
        while (knownLeft > 0) {
            if (++steps >= stepsMax) {
                return false;
            }
            if (isNew(state)) {
                way.push(new Attempt(state));
            }
            NavigableMap<Bytes, Cell> next = null;
            while (next == null && !way.isEmpty()) {
                next = way.getFirst().next();
                if (next == null) {
                    way.pop();
                }
            }
            if (next == null) {
                return false;
            }
            state = next;
        }
        return true;
    }

    /** A configuration on the way, and which of the operations that may come next is tried. */
    private final class Attempt {
        private final NavigableMap<Bytes, Cell> state;
        private final @Nullable Node read;

        /** The call that is tried, and, once all are, the return in front of which they stand. */
        private @Nullable Node at;

        /** Index among the unknown ones; -1 while known ones are tried. */
        private int unknownAt = -1;

        private boolean isPlaced;
        private Iterator<NavigableMap<Bytes, Cell>> outcomes;

        Attempt(NavigableMap<Bytes, Cell> state) {
            this.state = state;
            this.read = readThatChangesNothing(state);
            this.at = read;
            this.outcomes = read == null ? Collections.emptyIterator() : List.of(state).iterator();
        }

        /** Places the next that can be, and returns what it leaves; null where none is left. */
        @Nullable NavigableMap<Bytes, Cell> next() {
            setPlaced(false);
            while (!outcomes.hasNext()) {
                if (read != null || !choose()) {
                    return null;
                }
            }
            setPlaced(true);
            return outcomes.next();
        }

        private void setPlaced(boolean placed) {
            if (placed == isPlaced) {
                return;
            }
            isPlaced = placed;
            if (unknownAt >= 0) {
                used.set(unknown[unknownAt], placed);
            } else if (placed) {
                place(present(at));
            } else {
                takeBack(present(at));
            }
        }

        private boolean choose() {
            if (unknownAt < 0) {
                at = present(at == null ? head.after : at.after);
                if (at.match != null) {
                    outcomes = model.after(state, operations.get(at.number)).iterator();
                    return true;
                }
                if (knownLeft < fewestLeft) {
                    fewestLeft = knownLeft;
                    stuckAt = operations.get(at.number);
                }
            }
            return chooseUnknown(present(at).position);
        }

        /** One of unknown outcome that was called before {@code position}. */
        private boolean chooseUnknown(long position) {
            while (++unknownAt < unknown.length) {
                Operation operation = operations.get(unknown[unknownAt]);
                if (operation.called() > position) {
                    return false;
                }
                if (!used.get(unknown[unknownAt])) {
                    outcomes = model.after(state, operation).iterator();
                    return true;
                }
            }
            return false;
        }

        private static Node present(@Nullable Node node) {
            if (node == null) {
                throw new IllegalStateException("a return is missing in the list");
            }
            return node;
        }
    }

    /**
     * One that can be placed here and leaves everything as it is. If there is an order of what is
     * left, there is one that begins with it: moved to the front, it says the same, and nothing
     * else sees a difference. So no other order need be tried.
     */
    private @Nullable Node readThatChangesNothing(NavigableMap<Bytes, Cell> state) {
        for (Node at = head.after; at != null && at.match != null; at = at.after) {
            Operation operation = operations.get(at.number);
            if (operation.command() instanceof Command.Read
                    && model.after(state, operation).contains(state)) {
                return at;
            }
        }
        return null;
    }

    private boolean isNew(NavigableMap<Bytes, Cell> state) {
        Configuration configuration = new Configuration((BitSet) known.clone(), state);
        List<BitSet> before = tried.computeIfAbsent(configuration, _ -> new ArrayList<>(1));
        for (BitSet fewer : before) {
            BitSet more = (BitSet) fewer.clone();
            more.andNot(used);
            if (more.isEmpty()) {
                return false;
            }
        }
        return before.add((BitSet) used.clone());
    }

    private void place(Node call) {
        known.set(call.number);
        unlink(call);
        unlink(returnOf(call));
        knownLeft--;
    }

    /** Undoes {@link #place}; only in the reverse order. */
    private void takeBack(Node call) {
        knownLeft++;
        relink(returnOf(call));
        relink(call);
        known.clear(call.number);
    }

    private static Node returnOf(Node call) {
        Node match = call.match;
        if (match == null) {
            throw new IllegalStateException("not a call");
        }
        return match;
    }

    private static void unlink(Node node) {
        if (node.before != null) {
            node.before.after = node.after;
        }
        if (node.after != null) {
            node.after.before = node.before;
        }
    }

    /** Undoes {@link #unlink}; only in the reverse order of the unlinks. */
    private static void relink(Node node) {
        if (node.before != null) {
            node.before.after = node;
        }
        if (node.after != null) {
            node.after.before = node;
        }
    }
}
