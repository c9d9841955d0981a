package io.somekv.client;

/** Why a request has no result. What to do about it depends on which one it is. */
public abstract sealed class SomeKvException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private SomeKvException(String message) {
        super(message);
    }

    /**
     * The write may or may not have been executed, once at most. Doing it again as a new request
     * may do it twice: read first, or make it a write that may be done twice.
     */
    public static final class OutcomeUnknown extends SomeKvException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknown(String why) {
            super("the write may or may not have been executed: " + why);
        }
    }

    /** Not executed, and never will be: no node could serve it in time. Safe to try again. */
    public static sealed class Unavailable extends SomeKvException {
        private static final long serialVersionUID = 1L;

        Unavailable(String why) {
            super("not executed: " + why);
        }
    }

    /**
     * No node could be reached at all, and none has seen the request. The message says what became
     * of each address.
     */
    public static final class Unreachable extends Unavailable {
        private static final long serialVersionUID = 1L;

        Unreachable(String addresses) {
            super("no node could be reached: " + addresses);
        }
    }

    /** Executed and refused, or nothing that could be executed: trying again changes nothing. */
    public static final class Refused extends SomeKvException {
        private static final long serialVersionUID = 1L;

        Refused(String why) {
            super(why);
        }
    }
}
