package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.frame.Frame;
import java.util.Optional;
import java.util.OptionalInt;

/** What can be judged of a request before it costs a log entry. Apply judges it again. */
final class RequestCheck {
    private RequestCheck() {}

    /**
     * Why a leader does not take a request; empty where it does.
     *
     * @param logTime what an entry proposed now would be stamped
     */
    static Optional<Outcome> refusal(Request request, long logTime) {
        if (request.command() instanceof Command.Read) {
            return Optional.empty();
        }
        if (needsStamp(request.command())) {
            if (request.stamp().isEmpty()) {
                return Optional.of(new Outcome.Invalid("a write needs a client and a sequence"));
            }
            if (request.stamp().get().deadlineMillis() == 0) {
                return Optional.of(new Outcome.DeadlineNeeded(logTime));
            }
        }
        return Optional.empty();
    }

    /**
     * Whether executing a command may make the data grow, so that a disk that is nearly full has no
     * room for it. What deletes, ends or empties goes on, and what keeps the cluster in order.
     */
    static boolean grows(Command command) {
        return switch (command) {
            case Command.Put _,
                    Command.PutMany _,
                    Command.Append _,
                    Command.Increment _,
                    Command.IncrementFloat _,
                    Command.Stage _ ->
                    true;
            case Command.Read _, Command.Delete _, Command.Expire _, Command.Clear _ -> false;
            case Command.MoveStep _, Command.Configure _ -> false;
            case Command.MasterWrite _ -> false;
        };
    }

    /**
     * Why nobody would serve what is wished for; empty where it is sound.
     *
     * @param shardCount empty while it is not known
     */
    static Optional<Outcome> fault(Wish wish, OptionalInt shardCount) {
        if (wish.groupId() < 0 && (wish.isDirect() || wish.groupId() != Frame.ANY_GROUP)) {
            return Optional.of(new Outcome.Invalid("no group has the id " + wish.groupId()));
        }
        Optional<Outcome> oversized = oversized(wish.request());
        if (oversized.isPresent() || shardCount.isEmpty()) {
            return oversized;
        }
        return malformed(wish.request(), shardCount.getAsInt());
    }

    /** Why a request fits no frame and no entry; empty where it does. */
    private static Optional<Outcome> oversized(Request request) {
        long weight = Weights.of(request);
        return weight <= Weights.FRAME_WEIGHT_MAX
                ? Optional.empty()
                : Optional.of(
                        new Outcome.Invalid(
                                "a request of "
                                        + weight
                                        + " bytes; at most "
                                        + Weights.FRAME_WEIGHT_MAX
                                        + " are allowed"));
    }

    /** Why a request is refused wherever it arrives; empty where it is sound. */
    private static Optional<Outcome> malformed(Request request, int shardCount) {
        if (!(request.command() instanceof Command.Keyed keyed)) {
            return Optional.empty();
        }
        int shard = -1;
        for (Bytes key : keyed.keys()) {
            if (key.size() > GroupSettings.KEY_SIZE_MAX) {
                return Optional.of(
                        new Outcome.Invalid(
                                "a key of "
                                        + key.size()
                                        + " bytes; at most "
                                        + GroupSettings.KEY_SIZE_MAX
                                        + " are allowed"));
            }
            int keyShard = Slots.shardOf(key, shardCount);
            if (shard >= 0 && keyShard != shard) {
                return Optional.of(new Outcome.Invalid("the keys lie in different shards"));
            }
            shard = keyShard;
        }
        return shard < 0
                ? Optional.of(new Outcome.Invalid("a command without a key"))
                : Optional.empty();
    }

    /**
     * Whether executing a command twice would show: all others are idempotent by their own nature.
     */
    static boolean needsStamp(Command command) {
        return command instanceof Command.Write
                && (command instanceof Command.Keyed
                        || command instanceof Command.Clear
                        || command instanceof Command.Join
                        || command instanceof Command.Leave
                        || command instanceof Command.Move);
    }
}
