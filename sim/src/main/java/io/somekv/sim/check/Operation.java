package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.Optional;

/**
 * What one client asked of one object, and what it heard. Positions count the calls and returns of
 * a history: of two operations, one came before the other if it returned at a smaller position than
 * the other was called at; otherwise they were concurrent.
 *
 * @param object the key, or what stands for the keys that are judged together
 * @param calledMillis when it was called by a clock that is right, in milliseconds since 1970
 * @param returned {@link #NEVER} where the client never learned what became of it
 * @param outcome empty where the client never learned what became of it
 */
public record Operation(
        int client,
        Bytes object,
        Command command,
        long called,
        long calledMillis,
        long returned,
        long returnedMillis,
        Optional<Outcome> outcome) {
    /** Behind every position. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Whether this client knows what became of it; otherwise it may take effect at any time. */
    public boolean known() {
        return outcome.isPresent();
    }

    /** The same with an outcome that was found out; when it returned stays as it is. */
    Operation answered(Outcome found) {
        return new Operation(
                client,
                object,
                command,
                called,
                calledMillis,
                returned,
                returnedMillis,
                Optional.of(found));
    }

    @Override
    public String toString() {
        return "client "
                + client
                + " ["
                + called
                + ".."
                + (known() ? returned : "?")
                + "] "
                + command
                + " → "
                + (known() ? outcome.get() : "unknown");
    }
}
