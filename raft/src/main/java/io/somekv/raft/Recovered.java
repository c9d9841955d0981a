package io.somekv.raft;

import java.util.List;

/**
 * What a replica finds on its own disk when its process starts.
 *
 * @param incarnation of this run of the process: larger than any before it on this disk
 * @param terms where each term's entries begin, ascending: the first entry of each run of one term.
 *     Empty for an empty log. The log is {@code terms.first().index() … lastIndex}
 * @param base the log begins behind this entry; {@link EntryId#ZERO} for a whole log
 * @param baseLogTime no entry up to {@code base} has a later log time
 * @param lastIndex of the last entry; that of {@code base} for an empty log
 * @param lastLogTime log time of the last entry; {@code baseLogTime} for an empty log
 * @param applied what the state machine has durably applied: where applying goes on
 */
public record Recovered(
        long incarnation,
        HardState hardState,
        MembershipState memberships,
        EntryId base,
        long baseLogTime,
        List<EntryId> terms,
        long lastIndex,
        long lastLogTime,
        long applied) {
    public Recovered {
        terms = List.copyOf(terms);
    }

    /** A replica of a new group, on an empty log. */
    public static Recovered fresh(long incarnation, Membership membership) {
        return learner(incarnation, HardState.INITIAL, membership);
    }

    /** A replica that has just been created, on an empty log, in a group that there is already. */
    public static Recovered learner(long incarnation, HardState hardState, Membership membership) {
        return new Recovered(
                incarnation,
                hardState,
                MembershipState.initial(membership),
                EntryId.ZERO,
                0,
                List.of(),
                0,
                0,
                0);
    }
}
