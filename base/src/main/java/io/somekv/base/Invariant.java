package io.somekv.base;

/**
 * Assertions that stay on in production. A failed check is a bug in this program, never bad input
 * and never the environment: the node that meets one stops.
 */
public final class Invariant {
    private Invariant() {}

    /** Thrown by a failed check; nobody but a loop's edge catches it. */
    public static final class Violation extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    /**
     * Checks one condition.
     *
     * @throws Violation when {@code holds} is false
     */
    public static void check(boolean holds, String whatMustHold) {
        if (!holds) {
            throw new Violation(whatMustHold);
        }
    }

    /** As {@link #check(boolean, String)}, with the two numbers that were compared. */
    public static void check(boolean holds, String whatMustHold, long left, long right) {
        if (!holds) {
            throw new Violation(whatMustHold + " (" + left + ", " + right + ")");
        }
    }

    /** For a branch that no execution may reach. */
    public static Violation unreachable(String why) {
        return new Violation("unreachable: " + why);
    }
}
