package io.somekv.sim.check;

import io.somekv.kv.engine.WriteBatch;
import io.somekv.node.GroupStatus;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.Entry;
import io.somekv.raft.Message;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Everything that must hold of all nodes at once, checked after every event against what has
 * changed; throws {@link Breach}.
 */
public final class ClusterWatch {
    private final TreeMap<Long, ConsensusWatch> consensus = new TreeMap<>();
    private final TreeMap<Long, AppliedWatch> applied = new TreeMap<>();
    private final OwnershipWatch ownership = new OwnershipWatch();
    private final TreeMap<Long, GroupRows> rows = new TreeMap<>();
    private final ShardWatch shards = new ShardWatch();
    private final ExecutionWatch executions = new ExecutionWatch();
    private Consumer<MoveStep.Taken> onStep = _ -> {};

    /** A lane of this node wants these written. */
    public void handedOut(long node, List<GroupRecord> records) {
        records.forEach(record -> of(record.groupId()).handedOut(node, record));
    }

    /** These are durable. */
    public void synced(List<GroupRecord> records) {
        records.forEach(record -> of(record.groupId()).synced(record));
    }

    /** A node runs again, with this in its log. */
    public void recovered(long node, List<RecoveredGroup> groups) {
        groups.forEach(group -> of(group.groupId()).recovered(node, group));
    }

    /** A node's disk is gone: what it held is nobody's any more. */
    public void diskLost(long node) {
        consensus.values().forEach(group -> group.diskLost(node));
    }

    /** Entries read back from a log, in order: they must be what was written. */
    public void readBack(long groupId, List<Entry> entries) {
        for (int i = 1; i < entries.size(); i++) {
            of(groupId).checkContent(entries.get(i), entries.get(i - 1).term());
        }
    }

    /** A consensus message leaves a node. */
    public void sent(long groupId, Message message) {
        of(groupId).sent(message);
    }

    /** A look at a group on a node that has just done something. */
    public void observed(long node, GroupStatus status) {
        of(status.groupId()).observed(node, status);
        ownership.observed(status.groupId(), status.applied(), status.shards().states());
    }

    /** An engine took a batch; see {@link AppliedWatch#applied}. */
    public void applied(long node, long groupId, long before, long index, long changes) {
        appliedOf(groupId).applied(node, before, index, changes);
    }

    /** What an engine took for an entry, store ids left aside: told of every replica's. */
    public void changed(long groupId, WriteBatch batch) {
        GroupRows group = rows.computeIfAbsent(groupId, GroupRows::new);
        Optional<GroupRows.Step> taken = group.take(batch);
        if (taken.isEmpty()) {
            return;
        }
        GroupRows.Step step = taken.get();
        executions.applied(step);
        if (groupId != GroupSpec.MASTER) {
            ownership.observed(groupId, step.index(), step.after().states());
            shards.applied(step);
            MoveStep.between(groupId, step.before(), step.after()).forEach(onStep);
        }
    }

    /** Told of each step of a shard's way, as soon as the first replica has applied it. */
    public void onMoveStep(Consumer<MoveStep.Taken> listener) {
        onStep = listener;
    }

    /** How many shards are on their way, or are not yet released after it. */
    public int shardsOnTheirWay() {
        int count = 0;
        for (GroupRows group : rows.values()) {
            count += group.shards().outgoing().size() + group.shards().incoming().size();
        }
        return count;
    }

    /** The same for people. */
    public String onTheirWay() {
        StringBuilder text = new StringBuilder();
        rows.forEach((group, known) -> {
            known.shards().outgoing().forEach(move -> text.append("; from " + group + ": " + move));
            known.shards().incoming().forEach(move -> text.append("; to " + group + ": " + move));
        });
        return text.toString();
    }

    /** All rows of a group on a node; see {@link AppliedWatch#digest}. */
    public void digest(long node, long groupId, long index, long digest) {
        appliedOf(groupId).digest(node, index, digest);
    }

    /** The highest index of a group that any replica knew to be committed. */
    public long committed(long groupId) {
        return of(groupId).committed();
    }

    /** The term of a committed entry; 0 where none is known to be committed. */
    public long committedTerm(long groupId, long index) {
        return of(groupId).committedTerm(index);
    }

    /** How many shards some group serves. */
    public int shardsServed() {
        return ownership.served();
    }

    private ConsensusWatch of(long groupId) {
        return consensus.computeIfAbsent(groupId, ConsensusWatch::new);
    }

    private AppliedWatch appliedOf(long groupId) {
        return applied.computeIfAbsent(groupId, AppliedWatch::new);
    }
}
