package io.somekv.kv;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.List;
import java.util.Optional;

/**
 * The replicated state machine of one group (Raft §2): same entries in, same state and same answers
 * out, on every replica. Entries come one after the other; reads see all that was applied.
 */
public interface StateMachine {
    /** Where applying goes on after a restart: what the engine has kept. */
    long appliedIndex();

    /** Log time of the last applied entry; 0 before the first. */
    long appliedLogTime();

    /**
     * Applies one entry, with all its effects and the applied index in one write of the engine.
     *
     * @return an outcome for each request, in order
     */
    List<Outcome> apply(AppliedEntry entry);

    /**
     * What {@link #apply} would answer a write for no other reason than that its shard is not
     * served here, or frozen on its way to another group: nothing is executed then, whatever was
     * before. Empty for any other write.
     */
    Optional<Outcome> wrongGroup(Command.Write command);

    /** Answers from applied state; expiry is judged by {@link #appliedLogTime}. */
    Outcome read(Command.Read command);

    /**
     * Whether the answer to {@code command} would differ if a time-only entry stamped {@code
     * logTime} were applied first: the read meets an expiry that has passed but is not yet logged
     * (KB-51).
     */
    boolean awaitsTime(Command.Read command, long logTime);
}
