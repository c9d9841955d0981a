package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.Ready;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a node of a {@link LaneCluster} keeps through a crash: its log, its engine's flushed rows.
 */
final class NodeDisk {
    MemoryEngine engine = new MemoryEngine();
    long incarnation = 1;

    /** How often entries were read back. */
    int readCount;

    private boolean isStalled;

    /** Appends that wait instead of becoming durable. */
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    private final TreeMap<Long, TreeMap<Long, Entry>> logs = new TreeMap<>();
    private final TreeMap<Long, GroupRecord> latest = new TreeMap<>();

    void stall() {
        isStalled = true;
    }

    /** What was appended meanwhile becomes durable. */
    void goOn() {
        isStalled = false;
        while (!waiting.isEmpty()) {
            waiting.removeFirst().run();
        }
    }

    /** What was not durable is gone. */
    void crash() {
        waiting.clear();
        isStalled = false;
        engine.crash();
    }

    /** Another one, blank, in its place. */
    void wipe() {
        logs.clear();
        latest.clear();
        engine = new MemoryEngine();
    }

    /** What all groups' entries take. */
    long logBytes() {
        return logs.values().stream()
                .flatMap(log -> log.values().stream())
                .mapToLong(entry -> entry.payload().size())
                .sum();
    }

    void whenItCan(Runnable append) {
        if (isStalled) {
            waiting.addLast(append);
        } else {
            append.run();
        }
    }

    void write(GroupRecord record) {
        if (record.isFarewell()) {
            Invariant.check(
                    knows(record.groupId()), "a log says farewell once: no start reads two");
            logs.remove(record.groupId());
            latest.remove(record.groupId());
            return;
        }
        TreeMap<Long, Entry> log = logs.computeIfAbsent(record.groupId(), g -> new TreeMap<>());
        if (record.truncateFrom() > 0) {
            log.tailMap(record.truncateFrom(), true).clear();
        }
        beginBehind(record, log);
        record.entries().forEach(entry -> log.put(entry.index(), entry));
        latest.put(record.groupId(), record);
    }

    private void beginBehind(GroupRecord record, NavigableMap<Long, Entry> log) {
        EntryId base = record.base();
        Entry there = log.get(base.index());
        GroupRecord before = latest.get(record.groupId());
        boolean isHeld =
                base.equals(EntryId.ZERO)
                        || (there != null && there.id().equals(base))
                        || (before != null && before.base().equals(base));
        if (isHeld) {
            log.headMap(base.index(), true).clear();
        } else {
            log.clear();
        }
    }

    List<Entry> read(long group, Ready.Fetch fetch) {
        readCount++;
        TreeMap<Long, Entry> log = logs.getOrDefault(group, new TreeMap<>());
        return fetch.from() > fetch.to() || !log.containsKey(fetch.from())
                ? List.of()
                : List.copyOf(log.subMap(fetch.from(), true, fetch.to(), true).values());
    }

    boolean knows(long group) {
        return latest.containsKey(group);
    }

    /** As after a restore from an old copy of the log. */
    void loseTail(long group, int entries) {
        TreeMap<Long, Entry> log = Objects.requireNonNull(logs.get(group));
        for (int i = 0; i < entries; i++) {
            log.pollLastEntry();
        }
    }

    /** As a starting node does it: stores that the log does not refer to are dropped, once more. */
    long firstStoreId() {
        return StoreIds.settle(engine, recovered(0, 1));
    }

    List<RecoveredGroup> recovered(int lane, int laneCount) {
        List<RecoveredGroup> groups = new ArrayList<>();
        for (GroupRecord record : latest.values()) {
            if (record.groupId() % laneCount == lane) {
                groups.add(recovered(record));
            }
        }
        return groups;
    }

    private RecoveredGroup recovered(GroupRecord record) {
        TreeMap<Long, Entry> log = Objects.requireNonNull(logs.get(record.groupId()));
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
                log.isEmpty() ? record.base().index() : log.lastKey(),
                log.isEmpty() ? record.baseLogTime() : log.lastEntry().getValue().logTime());
    }
}
