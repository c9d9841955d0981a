package io.somekv.sim.search;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.AppendHistory;
import io.somekv.sim.check.Breach;
import io.somekv.sim.check.Linearizability;
import io.somekv.sim.check.LogTimeBounds;
import io.somekv.sim.check.Operation;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the clients of a searched system have asked and heard so far. Unlike a history it is judged
 * in every state: what is under way may have taken effect or not.
 */
final class Answers {
    private static final int STEPS_MAX = 100_000;

    private final TreeMap<Integer, Operation> operations = new TreeMap<>();
    private int asked;
    private long position;

    /** Returns a number to know the operation by. */
    int asked(int client, Command.Keyed command) {
        operations.put(
                ++asked,
                new Operation(
                        client,
                        command.keys().getFirst(),
                        (Command) command,
                        ++position,
                        0,
                        Operation.NEVER,
                        0,
                        Optional.empty()));
        return asked;
    }

    /**
     * The client heard {@code outcome}. What may yet be executed stays under way; what was not is
     * taken out: should it have an effect all the same, then nothing explains that effect.
     */
    void answered(int number, Outcome outcome) {
        switch (outcome) {
            case Outcome.Result result ->
                    operations.computeIfPresent(number, (_, asked) -> ended(asked, result));
            case Outcome.NotExecuted _ -> operations.remove(number);
            case Outcome.Unknown _, Outcome.BelowFloor _ -> {}
        }
    }

    private Operation ended(Operation asked, Outcome.Result result) {
        return new Operation(
                asked.client(),
                asked.object(),
                asked.command(),
                asked.called(),
                0,
                ++position,
                0,
                Optional.of(result));
    }

    private List<Operation> of(Bytes key) {
        return operations.values().stream().filter(each -> each.object().equals(key)).toList();
    }

    /** Keys that were asked for. */
    List<Bytes> keys() {
        return operations.values().stream().map(Operation::object).distinct().sorted().toList();
    }

    /** Some order explains all that was answered. */
    void checkAnswers() {
        for (Bytes key : keys()) {
            List<Operation> of = of(key);
            if (!(Linearizability.check(of, LogTimeBounds.CLOCKS_OF_A_QUORUM_WRONG, STEPS_MAX)
                    instanceof Linearizability.Verdict.Linearizable)) {
                throw new Breach("not linearizable: " + of);
            }
        }
    }

    /** A key's value has each append once, and has all that were answered. */
    void checkValue(Bytes key, Bytes value) {
        AppendHistory.check(of(key), value)
                .ifPresent(wrong -> {
                    throw new Breach(wrong + " in " + value.toUtf8());
                });
    }
}
