package io.somekv.node.log;

import io.somekv.raft.Entry;
import io.somekv.raft.HardState;
import io.somekv.raft.MembershipState;
import java.util.List;

/**
 * What one group wants made durable: one {@link io.somekv.raft.Ready.Persist} with the names of its
 * group and replica. First the log is cut, then {@code entries} are appended, and the state holds.
 *
 * @param storeId of the group's rows in the engine (DESIGN §5): node-local, never reused
 * @param truncateFrom drop the log from this index on; 0 for nothing
 */
public record GroupRecord(
        long groupId,
        long replicaId,
        long storeId,
        HardState hardState,
        MembershipState memberships,
        long truncateFrom,
        List<Entry> entries) {
    public GroupRecord {
        entries = List.copyOf(entries);
    }
}
