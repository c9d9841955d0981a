package io.somekv.client;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.RequestStamp;
import java.util.Optional;

/** A request that has no answer yet. Only {@link ClientCore} changes it. */
final class PendingRequest {
    /** On the wire; the same for all copies, so that a late answer to any of them counts. */
    final long callToken;

    /** The caller's; empty for the core's own registration. */
    final Optional<Long> token;

    final Command command;
    final long askedAtMillis;
    final long giveUpAtMillis;

    /** Who may answer a read. */
    ReadMode mode = ReadMode.LEADER;

    /** Present from the first copy on, where the command is stamped at all. */
    Optional<RequestStamp> stamp = Optional.empty();

    /**
     * Copies with a real deadline that have left: from the first on nobody can say that it was not
     * executed, but for the one who answers it, if there is no other.
     */
    int executableCopies;

    /** Where the last copy went; {@link Endpoints#NONE} while none is on its way. */
    int endpoint = Endpoints.NONE;

    /** Waits for any connection at all. */
    boolean parked;

    int copies;

    /** When something is to be done about it: a copy is overdue, or the pause is over. */
    long wakeAtMillis = Long.MAX_VALUE;

    /** What a node last said instead of executing it. */
    Optional<Outcome> refusal = Optional.empty();

    PendingRequest(
            long callToken,
            Optional<Long> token,
            Command command,
            long askedAtMillis,
            long giveUpAtMillis) {
        this.callToken = callToken;
        this.token = token;
        this.command = command;
        this.askedAtMillis = askedAtMillis;
        this.giveUpAtMillis = giveUpAtMillis;
    }

    boolean maybeExecuted() {
        return executableCopies > 0;
    }

    /** A write that has no stamp yet cannot be sent. */
    boolean waitsForStamp() {
        return needsStamp() && stamp.isEmpty();
    }

    /** Reads need no stamp; registration is idempotent by its nonce, and comes before any id. */
    boolean needsStamp() {
        return command instanceof Command.Write && !(command instanceof Command.RegisterClient);
    }
}
