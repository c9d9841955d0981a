package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What one key must do, said a second time and as simply as possible: the sequential specification
 * that histories are held against. A state is the value, empty for a missing key.
 */
final class KeyModel {
    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,17})");

    /** The state a command leaves and the answer it gives. */
    record Step(Optional<Bytes> state, Outcome answer) {}

    private KeyModel() {}

    static Step step(Optional<Bytes> state, Command command) {
        return switch (command) {
            case Command.Get _ -> new Step(state, valueOf(state));
            case Command.Exists exists ->
                    new Step(state, count(state.isPresent() ? exists.keys().size() : 0));
            case Command.StringLength _ -> new Step(state, count(sizeOf(state)));
            case Command.Put put -> put(state, put);
            case Command.Append append -> {
                Bytes joined = state.orElse(Bytes.EMPTY).concat(append.suffix());
                yield new Step(Optional.of(joined), count(joined.size()));
            }
            case Command.Delete _ -> new Step(Optional.empty(), count(state.isPresent() ? 1 : 0));
            case Command.Increment increment -> increment(state, increment.delta());
            case Command.GetMany _,
                    Command.TimeToLive _,
                    Command.PutMany _,
                    Command.IncrementFloat _,
                    Command.Expire _,
                    Command.CountKeys _,
                    Command.Clear _,
                    Command.GiveUp _,
                    Command.Own _,
                    Command.IsPristine _,
                    Command.Configure _,
                    Command.StateDigest _,
                    Command.StartCluster _,
                    Command.RegisterNode _,
                    Command.RegisterClient _,
                    Command.Join _,
                    Command.Leave _,
                    Command.Move _,
                    Command.KeepInPlace _,
                    Command.QueryConfig _ ->
                    throw new IllegalArgumentException("the model does not know " + command);
        };
    }

    private static Step put(Optional<Bytes> state, Command.Put put) {
        boolean holds =
                switch (put.condition()) {
                    case ALWAYS -> true;
                    case IF_ABSENT -> state.isEmpty();
                    case IF_PRESENT -> state.isPresent();
                };
        Optional<Bytes> after = holds ? Optional.of(put.value()) : state;
        if (put.returnOld()) {
            return new Step(after, valueOf(state));
        }
        return new Step(after, holds ? new Outcome.Ok() : new Outcome.Nil());
    }

    /** Numbers near the bounds of 64 bits are left to the tests of the state machine. */
    private static Step increment(Optional<Bytes> state, long delta) {
        String text = state.map(value -> value.toUtf8()).orElse("0");
        if (!INTEGER.matcher(text).matches()) {
            return new Step(state, new Outcome.Refused(Outcome.Reason.NOT_AN_INTEGER, ""));
        }
        long sum = Math.addExact(Long.parseLong(text), delta);
        byte[] digits = Long.toString(sum).getBytes(StandardCharsets.US_ASCII);
        return new Step(Optional.of(Bytes.wrap(digits)), count(sum));
    }

    /** Whether {@code heard} is what a client should hear; the words of a refusal do not matter. */
    static boolean agrees(Outcome expected, Outcome heard) {
        if (expected instanceof Outcome.Refused wanted && heard instanceof Outcome.Refused got) {
            return wanted.reason() == got.reason();
        }
        return expected.equals(heard);
    }

    private static Outcome valueOf(Optional<Bytes> state) {
        return state.isPresent() ? new Outcome.Value(state.get()) : new Outcome.Nil();
    }

    private static Outcome count(long number) {
        return new Outcome.Int(number);
    }

    private static int sizeOf(Optional<Bytes> state) {
        return state.isPresent() ? state.get().size() : 0;
    }
}
