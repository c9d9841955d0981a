package io.somekv.raft;

import io.somekv.base.Invariant;
import org.jspecify.annotations.Nullable;

/**
 * The membership that a log speaks of. It counts from the moment its entry is appended, committed
 * or not (Raft §6), so the one before is kept for the case that this entry is cut again.
 *
 * <p>One before is enough: a leader appends a change only when the last one is committed, so of all
 * that stand in any log only the newest can be cut.
 *
 * @param index of the entry that brought {@code current}, or of a snapshot; 0 for the first one
 * @param before null where {@code current} cannot be cut any more
 */
public record MembershipState(
        Membership current, long index, @Nullable Membership before, long beforeIndex) {
    /** Of a group that has just begun. */
    public static MembershipState initial(Membership first) {
        return settledAt(first, 0);
    }

    /** As a snapshot of {@code index} has it. */
    public static MembershipState settledAt(Membership membership, long index) {
        return new MembershipState(membership, index, null, 0);
    }

    /** Its entry was appended. */
    MembershipState appended(long entryIndex, Membership next) {
        return new MembershipState(next, entryIndex, current, index);
    }

    /** The log was cut at {@code from}. */
    MembershipState truncatedFrom(long from) {
        if (from > index) {
            return this;
        }
        if (before == null) {
            throw Invariant.unreachable("a membership that is committed was cut");
        }
        return settledAt(before, beforeIndex);
    }

    /** What counts where the log is applied up to {@code applied}. */
    public Membership at(long applied) {
        return before == null || applied >= index ? current : before;
    }
}
