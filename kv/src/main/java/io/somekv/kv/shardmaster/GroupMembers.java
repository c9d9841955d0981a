package io.somekv.kv.shardmaster;

import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who the members of each group are by its own account. A group changes its members by itself (Raft
 * §6); what the configs say of it is how it was created.
 */
final class GroupMembers {
    /**
     * @param version of the membership: the group's own reckoning, higher for a later one
     */
    record Report(GroupSpec group, long version) {
        /** As it is created. */
        static Report atFirst(GroupSpec group) {
            return new Report(group, 0);
        }
    }

    private final long storeId;
    private final Map<Long, Report> reports = new TreeMap<>();

    GroupMembers(Engine engine, long storeId) {
        this.storeId = storeId;
        engine.scan(
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.MEMBERS),
                EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.MEMBERS + 1),
                (_, row) -> {
                    Report report = MasterRows.report(row);
                    reports.put(report.group().groupId(), report);
                    return true;
                });
    }

    /** Takes a report that is newer than the one before. */
    void learn(Report report, EntryWrites writes) {
        long groupId = report.group().groupId();
        Report known = reports.get(groupId);
        if (known == null || known.version() < report.version()) {
            reports.put(groupId, report);
            writes.put(
                    EngineKey.numbered(storeId, RowKind.MEMBERS, groupId),
                    MasterRows.encode(report));
        }
    }

    /** A group that is in, or once was. */
    Optional<GroupSpec> find(long groupId) {
        return Optional.ofNullable(reports.get(groupId)).map(Report::group);
    }

    /** Groups that once were in: whoever wants their shards, or has had them, must find them. */
    List<GroupSpec> withoutThose(Set<Long> present) {
        List<GroupSpec> former = new ArrayList<>();
        for (Report report : reports.values()) {
            long groupId = report.group().groupId();
            if (groupId != GroupSpec.MASTER && !present.contains(groupId)) {
                former.add(report.group());
            }
        }
        return former;
    }

    GroupSpec now(GroupSpec group) {
        Report report = reports.get(group.groupId());
        return report == null ? group : report.group();
    }

    ShardConfig now(ShardConfig config) {
        List<GroupSpec> groups = new ArrayList<>(config.groups().size());
        config.groups().forEach(group -> groups.add(now(group)));
        return new ShardConfig(config.number(), groups, config.owners());
    }
}
