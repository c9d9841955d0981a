package io.somekv.node.log;

import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipState;
import java.util.List;

/**
 * What one group wants made durable: one {@link io.somekv.raft.Ready.Persist} with the names of its
 * group and replica. First the log is cut, then what lies up to {@code base} is dropped, then
 * {@code entries} are appended, and the state holds.
 *
 * <p>Where the log, cut, does not hold {@code base}, a snapshot has taken its place: the whole log
 * is dropped, and goes on behind {@code base}.
 *
 * @param storeId of the group's rows in the engine (DESIGN §5): node-local, never reused
 * @param base the log begins behind this entry; {@link EntryId#ZERO} for a whole log
 * @param baseLogTime no entry up to {@code base} has a later log time
 * @param truncateFrom drop the log from this index on; 0 for nothing
 */
public record GroupRecord(
        long groupId,
        long replicaId,
        long storeId,
        HardState hardState,
        MembershipState memberships,
        EntryId base,
        long baseLogTime,
        long truncateFrom,
        List<Entry> entries) {
    public GroupRecord {
        entries = List.copyOf(entries);
    }

    /** The store id of a replica that is no more. */
    private static final long NO_STORE = 0;

    /** The replica was removed from its group and has no log any more. */
    public static GroupRecord farewell(
            long groupId, long replicaId, MembershipState memberships, EntryId base) {
        return new GroupRecord(
                groupId,
                replicaId,
                NO_STORE,
                HardState.INITIAL,
                memberships,
                base,
                0,
                0,
                List.of());
    }

    public boolean isFarewell() {
        return storeId == NO_STORE;
    }
}
