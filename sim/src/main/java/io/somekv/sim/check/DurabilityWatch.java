package io.somekv.sim.check;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The promise of the shared log on one node: what a restart finds is what was synced, or that and
 * everything written behind it. Nothing in between, since a batch is one frame; nothing less, ever.
 */
public final class DurabilityWatch {
    private final TreeMap<Long, ReplicaLog> synced = new TreeMap<>();
    private final List<GroupRecord> unsynced = new ArrayList<>();

    public void written(List<GroupRecord> records) {
        unsynced.addAll(records);
    }

    public void synced() {
        unsynced.forEach(record -> logOf(synced, record.groupId()).accept(record));
        unsynced.clear();
    }

    /** The log was opened and found this. */
    public void recovered(List<RecoveredGroup> groups) {
        TreeMap<Long, ReplicaLog> found = new TreeMap<>();
        groups.forEach(group -> found.put(group.groupId(), ReplicaLog.of(group)));
        if (!sameAs(found)) {
            String promised = synced.toString();
            synced();
            if (!sameAs(found)) {
                throw new Breach("the log had synced " + promised + " and recovered " + found);
            }
        }
        unsynced.clear();
    }

    /**
     * A replica of this node has applied up to {@code index}: the entry must be durable here.
     *
     * @param term of the entry that is committed there
     */
    public void applied(long groupId, long index, long term) {
        ReplicaLog log = logOf(synced, groupId);
        if (index > log.last() || log.termAt(index) != term) {
            throw new Breach(
                    "group "
                            + groupId
                            + ": entry "
                            + index
                            + " of term "
                            + term
                            + " was applied before it was durable: "
                            + log);
        }
    }

    private boolean sameAs(SortedMap<Long, ReplicaLog> found) {
        if (!found.keySet().equals(synced.keySet())) {
            return false;
        }
        for (var group : found.entrySet()) {
            if (!group.getValue().sameAs(logOf(synced, group.getKey()))) {
                return false;
            }
        }
        return true;
    }

    private static ReplicaLog logOf(Map<Long, ReplicaLog> logs, long group) {
        return logs.computeIfAbsent(group, _ -> new ReplicaLog());
    }
}
