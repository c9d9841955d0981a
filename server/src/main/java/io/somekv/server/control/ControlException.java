package io.somekv.server.control;

/** A request of an administrator that was not carried out; the message says why and what to do. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of reason, for programs. */
    public enum Kind {
        /** The request itself makes no sense, now or ever. */
        INVALID,
        /** It does not fit the state that things are in. */
        NOT_NOW,
        /** What it would make is there already, and different. */
        EXISTS,
        /** Something could not be reached: try again. */
        UNREACHABLE,
        /** It may or may not have been carried out. */
        OUTCOME_UNKNOWN
    }

    private final Kind kind;

    public ControlException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
