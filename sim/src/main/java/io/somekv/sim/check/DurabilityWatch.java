package io.somekv.sim.check;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The promise of the shared log on one node: what a restart finds is what was synced, or that and
 * everything written behind it. Nothing in between, since a batch is one frame; nothing less, ever.
 */
public final class DurabilityWatch {
    private final TreeMap<Long, ReplicaLog> synced = new TreeMap<>();

    /** Bases that were handed out in this life of the node, by group. */
    private final TreeMap<Long, Long> installed = new TreeMap<>();

    private final List<GroupRecord> unsynced = new ArrayList<>();

    public void written(List<GroupRecord> records) {
        unsynced.addAll(records);
    }

    public void synced() {
        unsynced.forEach(this::sync);
        unsynced.clear();
    }

    private void sync(GroupRecord record) {
        long group = record.groupId();
        if (record.isFarewell()) {
            synced.remove(group);
            return;
        }
        ReplicaLog log = synced.get(group);
        if (log == null || log.replicaId != record.replicaId()) {
            log = new ReplicaLog(record.replicaId());
            synced.put(group, log);
        }
        log.accept(record);
    }

    /** A lane wants these written: snapshots among them are in the state machine already. */
    public void handedOut(List<GroupRecord> records) {
        for (GroupRecord record : records) {
            installed.merge(record.groupId(), record.base().index(), Math::max);
        }
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
        installed.clear();
    }

    /**
     * A replica of this node has applied up to {@code index}: the entry must be durable here.
     *
     * @param term of the entry that is committed there
     */
    public void applied(long groupId, long index, long term) {
        ReplicaLog log = synced.get(groupId);
        boolean isOfSnapshot = index <= installed.getOrDefault(groupId, 0L);
        if (isOfSnapshot || (log != null && index < log.base())) {
            return;
        }
        if (log == null || index > log.last() || log.termAt(index) != term) {
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
            ReplicaLog log = synced.get(group.getKey());
            if (log == null || !group.getValue().sameAs(log)) {
                return false;
            }
        }
        return true;
    }
}
