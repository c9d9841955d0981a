package io.somekv.client;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.frame.Frame;
import java.util.Optional;

/** A request that has no answer yet: what was sent of it, and what may be made of an answer. */
final class PendingRequest {
    /** One that was thought to lead, and one that it named: who leads then, any node finds out. */
    private static final int DIRECT_COPIES_MAX = 2;

    /** On the wire; the same for all copies, so that a late answer to any of them counts. */
    final long callToken;

    /** The caller's; empty for what the core asks for itself. */
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

    /** Of those, how many were sent directly to somebody who said that it is not with him. */
    private int refusedCopies;

    private int directCopies;

    /** Where the last copy was sent directly; empty where a node was to find out for itself. */
    Optional<Route.Target> direct = Optional.empty();

    /** Where the last copy went; {@link Endpoints#NONE} while none is on its way. */
    int endpoint = Endpoints.NONE;

    /** Waits for any node at all that it may be sent to. */
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

    /** Its copies are executed by nobody. */
    boolean lacksDeadline() {
        return stamp.isPresent() && stamp.get().deadlineMillis() == 0;
    }

    /**
     * Whether there is no copy but one that might be executed: then its answer says what becomes of
     * the request.
     */
    boolean isOnlyCopy() {
        return executableCopies - refusedCopies <= 1;
    }

    /**
     * The copy that was sent directly will not be executed. No other had been sent to that node
     * with a deadline, so that this was the answer to it: see {@link #mayGoDirectly}.
     */
    void onCopyRefused() {
        refusedCopies = executableCopies;
    }

    /** Whether this is the answer to the last copy, sent directly: it is not with that node. */
    boolean isMisdirected(int answering, Outcome outcome) {
        return direct.isPresent()
                && endpoint == answering
                && (outcome instanceof Outcome.NotLeader || outcome instanceof Outcome.WrongGroup);
    }

    /** What a caller asked for he judges himself; what the core did is asked until it is there. */
    boolean isAnswer(Outcome outcome) {
        return token.isPresent()
                || outcome instanceof Outcome.Registered
                || outcome instanceof Outcome.Cluster;
    }

    /** The next copy, which is counted by {@link #onSent}. */
    Frame.Call call() {
        boolean ofMaster =
                command instanceof Command.MasterWrite || command instanceof Command.QueryConfig;
        long otherwise = ofMaster ? GroupSpec.MASTER : Frame.ANY_GROUP;
        return new Frame.Call(
                callToken,
                direct.map(Route.Target::groupId).orElse(otherwise),
                direct.isPresent(),
                new Request(stamp, command),
                mode);
    }

    void onSent() {
        copies++;
        executableCopies += stamp.isPresent() && !lacksDeadline() ? 1 : 0;
        if (direct.isPresent()) {
            directCopies++;
        } else {
            goesToAnyNode();
        }
    }

    /**
     * How long the last copy may stay unanswered. A node that passes a request on finds out soon
     * whether the leader is silent; nobody does that for who asks the leader himself.
     */
    long patienceMillis(ClientSettings settings) {
        return direct.isPresent() ? settings.attemptMillis() / 2 : settings.attemptMillis();
    }

    /** A request that was once to go to any node is sent to no certain one any more. */
    void goesToAnyNode() {
        directCopies = DIRECT_COPIES_MAX;
    }

    boolean mayGoDirectly() {
        return isByKey() && directCopies < DIRECT_COPIES_MAX;
    }

    /** Whether it is for the leader of the group that serves its key, and not for any replica. */
    boolean isByKey() {
        return command instanceof Command.Keyed && !mode.isLocal();
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
