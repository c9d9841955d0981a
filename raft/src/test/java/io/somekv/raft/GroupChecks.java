package io.somekv.raft;

import io.somekv.base.Invariant;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Properties of Raft's figure 3, of one group, as far as they show from outside. */
final class GroupChecks {
    private final TreeMap<Long, Long> leaders = new TreeMap<>();
    private final TreeMap<Long, Entry> agreed = new TreeMap<>();

    /** How many entries some replica has applied. */
    long agreedCount() {
        return agreed.size();
    }

    @Nullable Entry agreed(long index) {
        return agreed.get(index);
    }

    /** State Machine Safety, and rule 4: nothing is applied that a crash could take away. */
    void committed(TestDisk disk, Entry entry) {
        Entry first = agreed.putIfAbsent(entry.index(), entry);
        Invariant.check(first == null || first.equals(entry), "state machine safety");
        Invariant.check(
                disk.lastIndex() >= entry.index() && disk.entry(entry.index()).equals(entry),
                "applied only what is durable");
        Entry before = agreed.get(entry.index() - 1);
        Invariant.check(before == null || before.logTime() <= entry.logTime(), "log time ascends");
    }

    /** Election Safety and Leader Completeness. */
    void leader(ReplicaStatus status) {
        if (status.role() == ReplicaStatus.Role.LEADER) {
            Long other = leaders.putIfAbsent(status.term(), status.replicaId());
            Invariant.check(other == null || other == status.replicaId(), "election safety");
            Invariant.check(
                    agreed.isEmpty()
                            || status.last().index() >= agreed.lastKey()
                            || status.term() < leaders.lastKey(),
                    "leader completeness");
        }
    }
}
