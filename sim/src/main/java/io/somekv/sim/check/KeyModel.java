package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.Cell.Deadline;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a few keys must do, said a second time and as simply as possible: the sequential
 * specification that histories are held against. A state is what the keys hold that are there; the
 * keys are one, or all those of a shard where commands speak of several.
 *
 * <p>Expiry is the one thing that a client's commands do not settle: it goes by log time, which
 * clients do not see. So a command finds a key with a deadline there or gone, as its answer wants
 * it, within what {@link LogTimeBounds} allow: not gone before any clock can have reached the
 * deadline, not there when every clock must have passed it; and what was found gone stays gone,
 * until it is written again.
 */
final class KeyModel {
    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,17})");

    /** The state a command leaves and the answer it gives. */
    record Step(NavigableMap<Bytes, Cell> state, Outcome answer) {}

    private final LogTimeBounds bounds;

    KeyModel(LogTimeBounds bounds) {
        this.bounds = bounds;
    }

    /** All states that {@code operation} may leave, given what its client heard; often one. */
    List<NavigableMap<Bytes, Cell>> after(NavigableMap<Bytes, Cell> state, Operation operation) {
        List<NavigableMap<Bytes, Cell>> after = new ArrayList<>(2);
        for (NavigableMap<Bytes, Cell> before : found(state, operation)) {
            Step step = step(before, operation);
            boolean fits =
                    operation.outcome().isEmpty()
                            || agrees(before, step.answer, operation, operation.outcome().get());
            if (fits && !after.contains(step.state)) {
                after.add(step.state);
            }
        }
        return after;
    }

    /** What a command may find: each key with a deadline there or gone, where both can be. */
    private List<NavigableMap<Bytes, Cell>> found(
            NavigableMap<Bytes, Cell> state, Operation operation) {
        List<NavigableMap<Bytes, Cell>> found = List.of(state);
        for (Bytes key : keys(state, operation.command())) {
            Cell cell = state.get(key);
            if (cell == null || !cell.expires()) {
                continue;
            }
            List<NavigableMap<Bytes, Cell>> split = new ArrayList<>();
            for (NavigableMap<Bytes, Cell> each : found) {
                if (bounds.earliest(operation) < cell.deadline().latest()) {
                    split.add(each);
                }
                if (bounds.latest(operation) >= cell.deadline().earliest()) {
                    split.add(without(each, key));
                }
            }
            found = split;
        }
        return found;
    }

    private static List<Bytes> keys(NavigableMap<Bytes, Cell> state, Command command) {
        return command instanceof Command.Keyed keyed
                ? keyed.keys().stream().distinct().toList()
                : List.copyOf(state.keySet());
    }

    /** One command on keys whose expiry is settled. */
    Step step(NavigableMap<Bytes, Cell> state, Operation operation) {
        return switch (operation.command()) {
            case Command.Get get -> new Step(state, valueOf(state.get(get.key())));
            case Command.GetMany get -> new Step(state, values(state, get.keys()));
            case Command.Exists exists -> new Step(state, count(countIn(state, exists.keys())));
            case Command.StringLength length -> {
                Cell cell = state.get(length.key());
                yield new Step(state, count(cell == null ? 0 : cell.value().size()));
            }
            case Command.TimeToLive ttl -> {
                Cell cell = state.get(ttl.key());
                yield new Step(state, count(cell == null ? -2 : cell.expires() ? 0 : -1));
            }
            case Command.CountKeys _ -> new Step(state, count(state.size()));
            case Command.Put put -> put(state, put, operation);
            case Command.PutMany put -> {
                NavigableMap<Bytes, Cell> after = new TreeMap<>(state);
                put.pairs().forEach(pair -> after.put(pair.key(), Cell.lasting(pair.value())));
                yield new Step(after, new Outcome.Ok());
            }
            case Command.Append append -> append(state, append);
            case Command.Delete delete -> {
                NavigableMap<Bytes, Cell> after = new TreeMap<>(state);
                delete.keys().forEach(after::remove);
                yield new Step(after, count(state.size() - after.size()));
            }
            case Command.Clear _ -> new Step(new TreeMap<>(), new Outcome.Ok());
            case Command.Increment increment -> increment(state, increment);
            case Command.Expire expire -> expire(state, expire, operation);
            case Command.IncrementFloat _,
                    Command.MoveStep _,
                    Command.ReadShard _,
                    Command.DigestShard _,
                    Command.OfSlot _,
                    Command.IsPristine _,
                    Command.Configure _,
                    Command.StateDigest _,
                    Command.MasterWrite _,
                    Command.QueryConfig _,
                    Command.QueryCaretaker _ ->
                    throw new IllegalArgumentException("the model does not know " + operation);
        };
    }

    private Step put(NavigableMap<Bytes, Cell> state, Command.Put put, Operation operation) {
        Cell old = state.get(put.key());
        boolean holds =
                switch (put.condition()) {
                    case ALWAYS -> true;
                    case IF_ABSENT -> old == null;
                    case IF_PRESENT -> old != null;
                };
        Deadline deadline = deadline(put.expiry(), old, operation);
        NavigableMap<Bytes, Cell> after =
                holds ? with(state, put.key(), new Cell(put.value(), deadline)) : state;
        if (put.returnOld()) {
            return new Step(after, valueOf(old));
        }
        return new Step(after, holds ? new Outcome.Ok() : new Outcome.Nil());
    }

    private static Step append(NavigableMap<Bytes, Cell> state, Command.Append append) {
        Cell old = state.get(append.key());
        Cell joined =
                old == null
                        ? Cell.lasting(append.suffix())
                        : new Cell(old.value().concat(append.suffix()), old.deadline());
        return new Step(with(state, append.key(), joined), count(joined.value().size()));
    }

    /** Numbers near the bounds of 64 bits are left to the tests of the state machine. */
    private static Step increment(NavigableMap<Bytes, Cell> state, Command.Increment increment) {
        Cell old = state.get(increment.key());
        String text = old == null ? "0" : old.value().toUtf8();
        if (!INTEGER.matcher(text).matches()) {
            return new Step(state, new Outcome.Refused(Outcome.Reason.NOT_AN_INTEGER, ""));
        }
        long sum = Math.addExact(Long.parseLong(text), increment.delta());
        Bytes digits = Bytes.wrap(Long.toString(sum).getBytes(StandardCharsets.US_ASCII));
        Deadline deadline = old == null ? Deadline.NONE : old.deadline();
        return new Step(with(state, increment.key(), new Cell(digits, deadline)), count(sum));
    }

    private Step expire(
            NavigableMap<Bytes, Cell> state, Command.Expire expire, Operation operation) {
        Cell old = state.get(expire.key());
        boolean persists = expire.expiry().kind() == Command.Expiry.Kind.NONE;
        if (old == null || (persists && !old.expires())) {
            return new Step(state, count(0));
        }
        Cell changed = new Cell(old.value(), deadline(expire.expiry(), old, operation));
        return new Step(with(state, expire.key(), changed), count(1));
    }

    private Deadline deadline(Command.Expiry expiry, @Nullable Cell old, Operation operation) {
        return switch (expiry.kind()) {
            case NONE -> Deadline.NONE;
            case KEEP -> old == null ? Deadline.NONE : old.deadline();
            case AT -> Deadline.at(expiry.millis());
            case AFTER ->
                    new Deadline(
                            bounds.earliest(operation) + expiry.millis(),
                            bounds.latest(operation) + expiry.millis());
        };
    }

    /**
     * Whether {@code heard} is what a client should hear. The words of a refusal do not matter, and
     * a time to live has the tolerance of the deadline and of log time.
     */
    private boolean agrees(
            NavigableMap<Bytes, Cell> before,
            Outcome expected,
            Operation operation,
            Outcome heard) {
        if (expected instanceof Outcome.Refused wanted && heard instanceof Outcome.Refused got) {
            return wanted.reason() == got.reason();
        }
        if (operation.command() instanceof Command.TimeToLive ttl
                && heard instanceof Outcome.Int left) {
            Cell cell = before.get(ttl.key());
            if (cell != null && cell.expires()) {
                return left.value() > 0
                        && left.value() >= cell.deadline().earliest() - bounds.latest(operation)
                        && left.value() <= cell.deadline().latest() - bounds.earliest(operation);
            }
        }
        return expected.equals(heard);
    }

    private static NavigableMap<Bytes, Cell> with(
            NavigableMap<Bytes, Cell> state, Bytes key, Cell cell) {
        NavigableMap<Bytes, Cell> after = new TreeMap<>(state);
        after.put(key, cell);
        return after;
    }

    private static NavigableMap<Bytes, Cell> without(NavigableMap<Bytes, Cell> state, Bytes key) {
        NavigableMap<Bytes, Cell> after = new TreeMap<>(state);
        after.remove(key);
        return after;
    }

    private static Outcome values(NavigableMap<Bytes, Cell> state, List<Bytes> keys) {
        List<Optional<Bytes>> values = new ArrayList<>();
        for (Bytes key : keys) {
            values.add(Optional.ofNullable(state.get(key)).map(Cell::value));
        }
        return new Outcome.Values(values);
    }

    private static long countIn(NavigableMap<Bytes, Cell> state, List<Bytes> keys) {
        return keys.stream().filter(state::containsKey).count();
    }

    private static Outcome valueOf(@Nullable Cell cell) {
        return cell == null ? new Outcome.Nil() : new Outcome.Value(cell.value());
    }

    private static Outcome count(long number) {
        return new Outcome.Int(number);
    }
}
