package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Is there an order of a key's operations, each between its call and its return, in which every
 * answer is what the {@link KeyModel} would say? The search of Wing and Gong ("Testing and
 * Verifying Concurrent Objects", 1993) with Lowe's memory of the configurations already tried
 * ("Testing for linearizability", 2017): a configuration is the set of operations placed and the
 * state they leave.
 *
 * <p>An operation with an unknown outcome has a call and no return: it may be placed anywhere
 * behind its call, or not at all. The search has a budget of steps; what it cannot decide within it
 * is {@link Verdict.Undecided}, which is no success.
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

    /** A call or a return in the list of what is not yet placed. */
    private static final class Node {
        final int number;
        final boolean isCall;
        @Nullable Node before;
        @Nullable Node after;

        /** Of a call whose outcome is known: its return. */
        @Nullable Node match;

        Node(int number, boolean isCall) {
            this.number = number;
            this.isCall = isCall;
        }
    }

    private record Placed(Node call, Optional<Bytes> stateBefore) {}

    /** Which operations are placed, and what they leave; the bits are never changed again. */
    private record Configuration(BitSet placed, Optional<Bytes> state) {}

    private final List<Operation> operations;
    private final long stepsMax;
    private final Node head = new Node(-1, true);
    private final BitSet placed;
    private final Set<Configuration> tried = new HashSet<>();
    private final ArrayDeque<Placed> stack = new ArrayDeque<>();
    private Optional<Bytes> state = Optional.empty();

    /** Operations with a known outcome that are not yet placed. */
    private int knownLeft;

    private Linearizability(List<Operation> operations, long stepsMax) {
        this.operations = operations;
        this.stepsMax = stepsMax;
        this.placed = new BitSet(operations.size());
        link();
    }

    /** Checks the operations of one key, in any order of the list, from a missing key on. */
    public static Verdict check(List<Operation> operations, long stepsMax) {
        List<Operation> seen = withoutUnseen(operations);
        if (seen.size() < operations.size()) {
            Verdict verdict = new Linearizability(seen, stepsMax).search();
            if (verdict instanceof Verdict.Linearizable) {
                return verdict;
            }
        }
        return new Linearizability(operations, stepsMax).search();
    }

    /**
     * Leaves out the unknown writes whose bytes no answer shows: that they never happened is a fair
     * guess, and where it explains the history the search among them, exponential in their number,
     * is spared.
     */
    private static List<Operation> withoutUnseen(List<Operation> operations) {
        StringBuilder answers = new StringBuilder();
        for (Operation operation : operations) {
            if (operation.outcome().orElse(null) instanceof Outcome.Value(Bytes value)) {
                answers.append(value.toUtf8()).append(' ');
            }
        }
        String all = answers.toString();
        return operations.stream()
                .filter(operation -> operation.known() || all.contains(written(operation)))
                .toList();
    }

    /**
     * What an answer shows of a write that took effect; what every answer shows where that is open.
     */
    private static String written(Operation operation) {
        return switch (operation.command()) {
            case Command.Append append -> append.suffix().toUtf8();
            case Command.Put put -> put.value().toUtf8();
            default -> "";
        };
    }

    private record Point(long position, Node node) {}

    private void link() {
        Point[] points = new Point[operations.size() * 2];
        int count = 0;
        for (int number = 0; number < operations.size(); number++) {
            Operation operation = operations.get(number);
            Node call = new Node(number, true);
            points[count++] = new Point(operation.called(), call);
            if (operation.known()) {
                call.match = new Node(number, false);
                points[count++] = new Point(operation.returned(), call.match);
                knownLeft++;
            }
        }
        Arrays.sort(points, 0, count, java.util.Comparator.comparingLong(Point::position));
        Node last = head;
        for (int i = 0; i < count; i++) {
            Node node = points[i].node;
            last.after = node;
            node.before = last;
            last = node;
        }
    }

    private Verdict search() {
        Node at = head.after;
        int fewestLeft = Integer.MAX_VALUE;
        Operation stuckAt = operations.isEmpty() ? null : operations.getFirst();
        for (long steps = 0; knownLeft > 0; steps++) {
            if (steps == stepsMax) {
                return new Verdict.Undecided(steps);
            }
            if (at == null) {
                throw new IllegalStateException("a return is missing in the list");
            }
            if (at.isCall) {
                at = place(at) ? head.after : at.after;
                continue;
            }
            if (knownLeft < fewestLeft) {
                fewestLeft = knownLeft;
                stuckAt = operations.get(at.number);
            }
            if (stack.isEmpty() && stuckAt != null) {
                return new Verdict.Violated(stuckAt);
            }
            at = takeBack().after;
        }
        return new Verdict.Linearizable();
    }

    /** Places the operation next, if its answer allows that and it leads somewhere new. */
    private boolean place(Node call) {
        Operation operation = operations.get(call.number);
        KeyModel.Step step = KeyModel.step(state, operation.command());
        if (operation.known() && !KeyModel.agrees(step.answer(), operation.outcome().get())) {
            return false;
        }
        placed.set(call.number);
        if (!tried.add(new Configuration((BitSet) placed.clone(), step.state()))) {
            placed.clear(call.number);
            return false;
        }
        stack.push(new Placed(call, state));
        state = step.state();
        unlink(call);
        if (call.match != null) {
            unlink(call.match);
            knownLeft--;
        }
        return true;
    }

    private Node takeBack() {
        Placed last = stack.pop();
        Node call = last.call;
        state = last.stateBefore;
        placed.clear(call.number);
        if (call.match != null) {
            relink(call.match);
            knownLeft++;
        }
        relink(call);
        return call;
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
