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
        final List<Entry> entries = new ArrayList<>();
    }

    private TreeMap<Long, Group> groups = new TreeMap<>();
    private final List<String> history = new ArrayList<>(List.of(""));
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
        Group group = groups.computeIfAbsent(groupId, _ -> new Group());
        if (random.nextInt(40) == 0) {
            long next = group.replicaId + 1;
            group = new Group();
            group.replicaId = next;
            groups.put(groupId, group);
        }
        long last = group.entries.size();
        long term = group.hardState.term() + (random.nextInt(5) == 0 ? 1 : 0);
        long truncateFrom = last > 0 && random.nextInt(5) == 0 ? 1 + random.nextLong(last) : 0;
        long from = truncateFrom == 0 ? last + 1 : truncateFrom;
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
                truncateFrom,
                entries);
    }

    private void apply(GroupRecord record) {
        Group group = Objects.requireNonNull(groups.get(record.groupId()));
        group.hardState = record.hardState();
        if (record.truncateFrom() != 0) {
            int kept = (int) record.truncateFrom() - 1;
            group.entries.subList(kept, group.entries.size()).clear();
        }
        group.entries.addAll(record.entries());
    }

    /** The batch was handed to the log. */
    void onWritten() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Long, Group> each : groups.entrySet()) {
            Group group = each.getValue();
            describe(text, each.getKey(), group.replicaId, group.hardState, group.entries);
        }
        history.add(text.toString());
    }

    void onSynced() {
        synced = history.size() - 1;
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
            group.entries.addAll(WalFixture.readAll(wal, recovered.groupId()));
            groups.put(recovered.groupId(), group);
        }
    }

    static String describe(Wal wal) throws IOException {
        StringBuilder text = new StringBuilder();
        for (RecoveredGroup group : wal.recovered()) {
            List<Entry> entries = WalFixture.readAll(wal, group.groupId());
            checkSummary(group, entries);
            describe(text, group.groupId(), group.replicaId(), group.hardState(), entries);
        }
        return text.toString();
    }

    private static void describe(
            StringBuilder text, long groupId, long replicaId, HardState state, List<Entry> log) {
        text.append(groupId).append('/').append(replicaId).append(' ').append(state).append('\n');
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
        long lastLogTime = entries.isEmpty() ? 0 : entries.getLast().logTime();
        if (!terms.equals(group.terms())
                || entries.size() != group.lastIndex()
                || lastLogTime != group.lastLogTime()) {
            throw new AssertionError(group + " does not describe " + entries);
        }
    }
}
