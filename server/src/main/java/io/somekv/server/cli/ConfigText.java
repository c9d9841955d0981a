package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.List;

/** A config for people: groups, their nodes, and their shards as runs. */
final class ConfigText {
    private ConfigText() {}

    static String of(ClusterMap map) {
        ShardConfig config = map.config();
        TextTable table = new TextTable("GROUP", "NODES", "COUNT", "SHARDS");
        for (GroupSpec group : config.groups()) {
            table.row(
                    Long.toString(group.groupId()),
                    nodes(group),
                    Integer.toString(count(config, group.groupId())),
                    shards(config, group.groupId()));
        }
        int unassigned = count(config, ShardConfig.UNASSIGNED);
        if (unassigned > 0) {
            table.row(
                    "none",
                    "",
                    Integer.toString(unassigned),
                    shards(config, ShardConfig.UNASSIGNED));
        }
        return "config " + config.number() + System.lineSeparator() + table;
    }

    static String nodes(GroupSpec group) {
        List<String> ids = new ArrayList<>();
        for (GroupSpec.Replica replica : group.replicas()) {
            ids.add(Long.toString(replica.nodeId()));
        }
        return String.join(",", ids);
    }

    static int count(ShardConfig config, long groupId) {
        int count = 0;
        for (int shard = 0; shard < config.shardCount(); shard++) {
            count += config.owner(shard) == groupId ? 1 : 0;
        }
        return count;
    }

    private static String shards(ShardConfig config, long groupId) {
        List<Long> owned = new ArrayList<>();
        for (int shard = 0; shard < config.shardCount(); shard++) {
            if (config.owner(shard) == groupId) {
                owned.add((long) shard);
            }
        }
        return IdRuns.text(owned);
    }
}
