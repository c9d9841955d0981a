package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.AppendHistory;
import io.somekv.sim.check.Linearizability;
import io.somekv.sim.check.Linearizability.Verdict;
import io.somekv.sim.check.LogTimeBounds;
import io.somekv.sim.check.Operation;
import java.util.List;
import java.util.Optional;

/**
 * Judges what clients heard of one key with the checkers of the simulator: is it what one copy of
 * the key, asked one question at a time, might have answered?
 */
final class HistoryCheck {
    private static final long SEARCH_STEPS_MAX = 2_000_000;

    private HistoryCheck() {}

    /**
     * What is wrong with a key's operations; empty if nothing is.
     *
     * @param operations the last of which is a read that began after all others had ended
     */
    static Optional<String> check(KeyPool.Key key, List<Operation> operations) {
        String name = "key " + key.name().toUtf8() + ": ";
        if (operations.isEmpty()) {
            return Optional.empty();
        }
        if (key.isLog()) {
            Optional<String> wrong = AppendHistory.check(operations, valueOf(operations.getLast()));
            if (wrong.isPresent()) {
                return wrong.map(what -> name + what);
            }
        }
        return switch (Linearizability.check(
                operations, LogTimeBounds.CLOCKS_RIGHT, SEARCH_STEPS_MAX)) {
            case Verdict.Linearizable _ -> Optional.empty();
            case Verdict.Violated(Operation stuckAt) ->
                    Optional.of(name + "not linearizable, stuck at " + stuckAt);
            case Verdict.Undecided(long steps) ->
                    Optional.of(name + "not decided after " + steps + " steps");
        };
    }

    private static Bytes valueOf(Operation read) {
        if (!(read.command() instanceof Command.Get)) {
            throw new IllegalArgumentException("not a read at the end: " + read);
        }
        return read.outcome().orElseThrow() instanceof Outcome.Value(Bytes value)
                ? value
                : Bytes.EMPTY;
    }
}
