package io.somekv.sim.search;

import io.somekv.kv.engine.MemoryEngine;
import io.somekv.node.LaneEffect;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.Ready;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** What a node of a {@link SmallGroup} keeps through a crash. Logs are never dropped. */
final class SearchDisk {
    final MemoryEngine engine = new MemoryEngine();

    /** Of the node's life, from 1. */
    long incarnation = 1;

    /** Handed out and not yet durable, the oldest first. */
    private final ArrayDeque<LaneEffect.Append> pending = new ArrayDeque<>();

    private final TreeMap<Long, Entry> log = new TreeMap<>();
    private Optional<GroupRecord> latest = Optional.empty();

    void append(LaneEffect.Append append) {
        pending.add(append);
    }

    int pendingCount() {
        return pending.size();
    }

    /** The oldest append becomes durable. */
    LaneEffect.Append sync() {
        LaneEffect.Append append = pending.remove();
        append.records().forEach(this::write);
        return append;
    }

    private void write(GroupRecord record) {
        if (record.truncateFrom() > 0) {
            log.tailMap(record.truncateFrom(), true).clear();
        }
        record.entries().forEach(entry -> log.put(entry.index(), entry));
        latest = Optional.of(record);
    }

    /** What was not durable is gone, and the rows that the engine has not flushed. */
    void crash() {
        pending.clear();
        engine.crash();
        incarnation++;
    }

    List<Entry> read(Ready.Fetch fetch) {
        return List.copyOf(log.subMap(fetch.from(), true, fetch.to(), true).values());
    }

    List<RecoveredGroup> recovered() {
        return latest.map(this::recovered).stream().toList();
    }

    private RecoveredGroup recovered(GroupRecord record) {
        List<EntryId> terms = new ArrayList<>();
        for (Entry entry : log.values()) {
            if (terms.isEmpty() || terms.getLast().term() != entry.term()) {
                terms.add(entry.id());
            }
        }
        return new RecoveredGroup(
                record.groupId(),
                record.replicaId(),
                record.storeId(),
                record.hardState(),
                record.memberships(),
                record.base(),
                record.baseLogTime(),
                terms,
                log.isEmpty() ? 0 : log.lastKey(),
                log.isEmpty() ? 0 : log.lastEntry().getValue().logTime());
    }

    /** Where the engine keeps the rows of the group. */
    long storeId() {
        return latest.map(GroupRecord::storeId).orElse(0L);
    }

    /** All that is durable, and how much is on its way. */
    @Override
    public String toString() {
        String state = latest.map(record -> record.hardState().toString()).orElse("");
        return state + log.values() + "+" + pending.size();
    }
}
