package io.somekv.raft;

/**
 * A leader that wants another voter in its place (thesis §3.10). It takes no proposals meanwhile,
 * or the other would never have all of its log; so this ends after an election timeout at the
 * latest, and with the term in any case (KB-13).
 */
final class Succession {
    private final Core core;
    private final Progress successor;
    private final StepDownCause cause;
    private final long endsNanos;
    private boolean isAsked;

    /**
     * @param cause for which this leader leads no more, if it comes about
     */
    Succession(Core core, Progress successor, StepDownCause cause) {
        this.core = core;
        this.successor = successor;
        this.cause = cause;
        this.endsNanos = core.now().nanos() + core.config().electionTimeoutNanos();
    }

    long successorId() {
        return successor.id();
    }

    StepDownCause cause() {
        return cause;
    }

    /** It did not come about in time: the leader leads on. */
    boolean isOver() {
        return core.now().nanos() >= endsNanos;
    }

    /**
     * Asks the successor to campaign, once it has all of the log; with each heartbeat again, as a
     * message may be lost. A late copy is of a term that is over.
     */
    void maybeAsk(boolean isHeartbeat) {
        boolean hasAll = successor.matchIndex() == core.log().last().index();
        if (hasAll && (isHeartbeat || !isAsked)) {
            isAsked = true;
            core.effects().send(new Message.TimeoutNow(core.self(), successor.id(), core.term()));
        }
    }
}
