package io.somekv.storage.wal;

import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.HardState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * What a log should hold, kept as plain lists: a description of it after every batch. A log found
 * after a crash must be one of them, not older than the last that was synced: everything synced is
 * there, and what is there beyond is a prefix of what was written, in order, over all groups.
 */
final class LogModel {
    private static final class Group {
        long replicaId = 1;
        HardState hardState = HardState.INITIAL;
        EntryId base = EntryId.ZERO;
        long baseLogTime;

        /** Those behind the base. */
        final List<Entry> entries = new ArrayList<>();

        /** Bases rise only to what is known to be durable. */
        long durable;

        long last() {
            return base.index() + entries.size();
        }

        EntryId idAt(long index) {
            return index == base.index()
                    ? base
                    : entries.get((int) (index - base.index() - 1)).id();
        }
    }

    private TreeMap<Long, Group> groups = new TreeMap<>();
    private final List<String> history = new ArrayList<>(List.of(""));
    private final TreeMap<Long, Long> gone = new TreeMap<>();
    private final RandomGenerator random;
    private int synced;

    LogModel(RandomGenerator random) {
        this.random = random;
    }

    /** A batch that fits what was written so far: appends, truncations, votes, new replicas. */
    List<GroupRecord> randomBatch() {
        List<GroupRecord> batch = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            GroupRecord record = randomRecord(1 + random.nextInt(4));
            apply(record);
            batch.add(record);
        }
        return batch;
    }

    private GroupRecord randomRecord(long groupId) {
        Group group = groups.computeIfAbsent(groupId, this::born);
        if (random.nextInt(40) == 0) {
            long next = group.replicaId + 1;
            group = new Group();
            group.replicaId = next;
            groups.put(groupId, group);
        } else if (random.nextInt(60) == 0 && group.hardState.term() > 0) {
            return farewell(groupId, group);
        }
        long last = group.last();
        long term = group.hardState.term() + (random.nextInt(5) == 0 ? 1 : 0);
        long truncateFrom =
                last > group.base.index() && random.nextInt(5) == 0
                        ? group.base.index() + 1 + random.nextLong(last - group.base.index())
                        : 0;
        EntryId base = group.base;
        long from = truncateFrom == 0 ? last + 1 : truncateFrom;
        int dice = random.nextInt(12);
        if (dice < 3 && group.durable > base.index() && truncateFrom == 0) {
            long index = base.index() + 1 + random.nextLong(group.durable - base.index());
            base = group.idAt(index);
        } else if (dice == 3) {
            // A snapshot that goes further than the log, or into an end that it does not agree
            // with.
            base = new EntryId(Math.max(1, term) + 1, group.durable + 1 + random.nextInt(5));
            truncateFrom = base.index() < last ? base.index() + 1 : 0;
            from = base.index() + 1;
            term = base.term();
        }
        List<Entry> entries = new ArrayList<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            String payload = "p" + random.nextInt(1000) + "x".repeat(random.nextInt(200));
            entries.add(WalFixture.entry(Math.max(1, term), from + i, payload));
        }
        HardState state = new HardState(Math.max(1, term), random.nextInt(3), last);
        return new GroupRecord(
                groupId,
                group.replicaId,
                groupId * 100 + group.replicaId,
                state,
                WalFixture.MEMBERS,
                base,
                base.equals(group.base) ? group.baseLogTime : 5000 + base.index(),
                truncateFrom,
                entries);
    }

    private static GroupRecord farewell(long groupId, Group group) {
        return GroupRecord.farewell(groupId, group.replicaId, WalFixture.MEMBERS, group.base);
    }

    /** Nobody comes back under the id that was destroyed. */
    private Group born(long groupId) {
        Group group = new Group();
        group.replicaId = gone.getOrDefault(groupId, 0L) + 1;
        return group;
    }

    private void apply(GroupRecord record) {
        Group group = Objects.requireNonNull(groups.get(record.groupId()));
        if (record.isFarewell()) {
            groups.remove(record.groupId());
            gone.put(record.groupId(), group.replicaId);
            return;
        }
        group.hardState = record.hardState();
        if (record.truncateFrom() != 0) {
            int kept = (int) (record.truncateFrom() - group.base.index()) - 1;
            group.entries.subList(kept, group.entries.size()).clear();
            group.durable = Math.min(group.durable, record.truncateFrom() - 1);
        }
        beginBehind(group, record.base());
        group.baseLogTime = record.baseLogTime();
        group.entries.addAll(record.entries());
    }

    private static void beginBehind(Group group, EntryId base) {
        long index = base.index();
        boolean isHeld = index <= group.last() && group.idAt(index).equals(base);
        int dropped = isHeld ? (int) (index - group.base.index()) : group.entries.size();
        group.entries.subList(0, dropped).clear();
        group.base = base;
        group.durable = isHeld ? Math.max(group.durable, index) : index;
    }

    /** The batch was handed to the log. */
    void onWritten() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Long, Group> each : groups.entrySet()) {
            Group group = each.getValue();
            if (group.hardState.term() > 0) {
                describe(text, each.getKey(), group.replicaId, group.hardState, group.base);
                entries(text, group.entries);
            }
        }
        history.add(text.toString());
    }

    void onSynced() {
        synced = history.size() - 1;
        groups.values().forEach(group -> group.durable = group.last());
    }

    /** After a crash: {@code found} must be a state that may be left. The model goes on from it. */
    void checkRecovered(Wal wal) throws IOException {
        String found = describe(wal);
        int at = history.lastIndexOf(found);
        if (at < synced) {
            throw new AssertionError(
                    "synced was state "
                            + synced
                            + ", found is "
                            + at
                            + "\n--- found\n"
                            + found
                            + "\n--- synced\n"
                            + history.get(synced));
        }
        history.clear();
        history.add(found);
        synced = 0;
        reload(wal);
    }

    private void reload(Wal wal) throws IOException {
        groups = new TreeMap<>();
        for (RecoveredGroup recovered : wal.recovered()) {
            Group group = new Group();
            group.replicaId = recovered.replicaId();
            group.hardState = recovered.hardState();
            group.base = recovered.base();
            group.baseLogTime = recovered.baseLogTime();
            group.entries.addAll(WalFixture.readAll(wal, recovered.groupId(), recovered.base()));
            group.durable = group.last();
            groups.put(recovered.groupId(), group);
        }
    }

    static String describe(Wal wal) throws IOException {
        StringBuilder text = new StringBuilder();
        for (RecoveredGroup group : wal.recovered()) {
            List<Entry> entries = WalFixture.readAll(wal, group.groupId(), group.base());
            checkSummary(group, entries);
            describe(text, group.groupId(), group.replicaId(), group.hardState(), group.base());
            entries(text, entries);
        }
        return text.toString();
    }

    private static void describe(
            StringBuilder text, long groupId, long replicaId, HardState state, EntryId base) {
        text.append(groupId).append('/').append(replicaId).append(' ').append(state);
        text.append(" behind ").append(base).append('\n');
    }

    private static void entries(StringBuilder text, List<Entry> log) {
        for (Entry entry : log) {
            text.append("  ").append(entry).append('\n');
        }
    }

    private static void checkSummary(RecoveredGroup group, List<Entry> entries) {
        List<EntryId> terms = new ArrayList<>();
        long term = 0;
        for (Entry entry : entries) {
            if (entry.term() != term) {
                terms.add(entry.id());
                term = entry.term();
            }
        }
        long lastLogTime = entries.isEmpty() ? group.baseLogTime() : entries.getLast().logTime();
        if (!terms.equals(group.terms())
                || group.base().index() + entries.size() != group.lastIndex()
                || lastLogTime != group.lastLogTime()) {
            throw new AssertionError(group + " does not describe " + entries);
        }
    }
}
