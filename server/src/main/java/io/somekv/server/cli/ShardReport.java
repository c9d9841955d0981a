package io.somekv.server.cli;

import io.somekv.kv.ShardStatus;
import io.somekv.kv.StoreInspection;
import io.somekv.node.log.RecoveredGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the rows in a folder say of shards: of each group by itself, and of all together. */
final class ShardReport {
    /** A shard and the group that serves it, as far as that group's replica here knows. */
    private record Owner(long groupId, ShardStatus status) {}

    private final Map<Long, StoreInspection> byStore;
    private final Map<Integer, Owner> owners = new TreeMap<>();
    private final List<String> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    ShardReport(List<RecoveredGroup> groups, Map<Long, StoreInspection> byStore) {
        this.byStore = byStore;
        for (RecoveredGroup group : groups) {
            StoreInspection store = byStore.get(group.storeId());
            if (store != null) {
                add(group.groupId(), store);
            }
        }
    }

    private void add(long groupId, StoreInspection store) {
        store.findings().forEach(finding -> findings.add("group " + groupId + ": " + finding));
        for (StoreInspection.Leftover leftover : store.leftovers()) {
            notes.add(
                    "group %d: %,d rows of shard %d are of generation %d, which is not in use"
                            .formatted(
                                    groupId,
                                    leftover.rows(),
                                    leftover.shard(),
                                    leftover.generation()));
        }
        for (ShardStatus status : store.shards().values()) {
            if (status.serving()) {
                compare(new Owner(groupId, status));
            }
        }
    }

    /**
     * Two groups may both serve a shard here: the replica of the one that gave it up is behind, and
     * has not applied that yet. By the same config, never: a config gives a shard to one group.
     */
    private void compare(Owner owner) {
        int shard = owner.status.shard();
        @Nullable Owner other = owners.put(shard, owner);
        if (other == null) {
            return;
        }
        String text =
                "shard %d is served by group %d since config %d and by group %d since config %d"
                        .formatted(
                                shard,
                                other.groupId,
                                other.status.ownedSince(),
                                owner.groupId,
                                owner.status.ownedSince());
        if (other.status.ownedSince() == owner.status.ownedSince()) {
            findings.add(text);
        } else {
            notes.add(text + ": the replica with the older one is behind");
        }
    }

    /** How many shards a group serves. */
    long served(RecoveredGroup group) {
        StoreInspection store = byStore.get(group.storeId());
        return store == null
                ? 0
                : store.shards().values().stream().filter(ShardStatus::serving).count();
    }

    List<String> findings() {
        return List.copyOf(findings);
    }

    /** What may be, and is worth knowing. */
    List<String> notes() {
        return List.copyOf(notes);
    }
}
