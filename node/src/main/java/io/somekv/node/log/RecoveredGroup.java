package io.somekv.node.log;

import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipState;
import java.util.List;

/**
 * What the log holds of one group when a node starts.
 *
 * @param base the log begins behind this entry; {@link EntryId#ZERO} for a whole log
 * @param baseLogTime no entry up to {@code base} has a later log time
 * @param terms the first entry of each run of one term, ascending; empty for an empty log
 * @param lastIndex of the last entry; that of {@code base} for an empty log
 * @param lastLogTime of the last entry, in milliseconds since 1970; {@code baseLogTime} for an
 *     empty log
 */
public record RecoveredGroup(
        long groupId,
        long replicaId,
        long storeId,
        HardState hardState,
        MembershipState memberships,
        EntryId base,
        long baseLogTime,
        List<EntryId> terms,
        long lastIndex,
        long lastLogTime) {
    public RecoveredGroup {
        terms = List.copyOf(terms);
    }
}
