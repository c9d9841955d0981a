package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.frame.FrameCodec;
import java.util.List;
import java.util.Optional;

/**
 * What requests and outcomes weigh in every bound of a lane (DESIGN §10): never less than they take
 * in a frame or an entry, nor than the small objects around them take in memory.
 */
final class Weights {
    /** What one frame carries: a frame's own fields, and an entry's, take less than the rest. */
    static final long FRAME_WEIGHT_MAX = FrameCodec.FRAME_SIZE_MAX - (64 << 10);

    private static final int REQUEST = 256;
    private static final int PART = 16;
    private static final int RANGE = 20;

    private Weights() {}

    static long of(Request request) {
        long ranges = request.stamp().isPresent() ? request.stamp().get().finished().size() : 0;
        return REQUEST + RANGE * ranges + of(request.command());
    }

    private static long of(Command command) {
        return switch (command) {
            case Command.Put put -> put.key().size() + put.value().size();
            case Command.Append append -> append.key().size() + append.suffix().size();
            case Command.Increment add -> add.key().size();
            case Command.IncrementFloat add -> add.key().size() + 2L * add.delta().length();
            case Command.Get get -> get.key().size();
            case Command.PutMany many -> {
                long sum = 0;
                for (Command.KeyValue pair : many.pairs()) {
                    sum += PART + pair.key().size() + pair.value().size();
                }
                yield sum;
            }
            case Command.Keyed keyed -> ofAll(keyed.keys());
            case Command.Join join -> 1024L * join.groups().size();
            case Command.Leave leave -> (long) PART * leave.groupIds().size();
            case Command.StartCluster start -> 1024L * start.nodes().size();
            case Command.Read _, Command.Write _ -> 0;
        };
    }

    private static long ofAll(List<Bytes> values) {
        long sum = 0;
        for (Bytes value : values) {
            sum += PART + value.size();
        }
        return sum;
    }

    static long of(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Value value -> value.value().size();
            case Outcome.Values values -> {
                long sum = 0;
                for (Optional<Bytes> value : values.values()) {
                    sum += PART + (value.isPresent() ? value.get().size() : 0);
                }
                yield sum;
            }
            case Outcome.Result _, Outcome.NotExecuted _ -> 0;
            case Outcome.BelowFloor _, Outcome.Unknown _ -> 0;
        };
    }

    /**
     * The outcome, or what is said in its place where no frame could carry it. Judged where a
     * command is executed, not where an answer is sent: else the same request would be answered by
     * one node and refused by another.
     */
    static Outcome sendable(Command command, Outcome outcome) {
        long weight = of(outcome);
        if (weight <= FRAME_WEIGHT_MAX) {
            return outcome;
        }
        String why = "an answer of " + weight + " bytes; at most " + FRAME_WEIGHT_MAX + " can be";
        return command instanceof Command.Read
                ? new Outcome.Invalid(why + " sent: ask for fewer keys at once")
                : new Outcome.Unknown(why + " sent");
    }
}
