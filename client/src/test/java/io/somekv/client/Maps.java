package io.somekv.client;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Served;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.config.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;

/** Cluster maps of two shards. Node 1 is at "node1", as endpoint 0 is, and so on. */
final class Maps {
    static final UUID CLUSTER = new UUID(7, 7);

    private Maps() {}

    static List<NodeAddress> addresses(int nodes) {
        List<NodeAddress> addresses = new ArrayList<>();
        for (int id = 1; id <= nodes; id++) {
            addresses.add(new NodeAddress("node" + id, 1));
        }
        return addresses;
    }

    static GroupSpec group(long id, Long... nodes) {
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        for (long node : nodes) {
            replicas.add(new GroupSpec.Replica(node, node));
        }
        return new GroupSpec(id, replicas);
    }

    static NodeInfo node(long id, String host) {
        return new NodeInfo(id, new UUID(9, id), host, 1, 2, 3, 4);
    }

    private static List<NodeInfo> nodes(int count) {
        return LongStream.rangeClosed(1, count).mapToObj(id -> node(id, "node" + id)).toList();
    }

    static ClusterMap nobodyServes(int nodes) {
        return map(nodes(nodes), 0, List.of(), List.of());
    }

    /** One group for both shards. */
    static ClusterMap of(int nodes, GroupSpec group) {
        return of(nodes(nodes), group);
    }

    static ClusterMap of(List<NodeInfo> nodes, GroupSpec group) {
        Served served = new Served(1, group.groupId());
        return map(nodes, 1, List.of(group), List.of(served, served));
    }

    /** By the config the first group has both shards, but the second group still serves the 1. */
    static ClusterMap moving(int nodes, GroupSpec first, GroupSpec second) {
        List<Served> served = List.of(Served.NOT_YET, new Served(1, second.groupId()));
        return map(nodes(nodes), 2, List.of(first, second), served);
    }

    private static ClusterMap map(
            List<NodeInfo> nodes, long number, List<GroupSpec> groups, List<Served> served) {
        long owner = groups.isEmpty() ? ShardConfig.UNASSIGNED : groups.get(0).groupId();
        return new ClusterMap(
                CLUSTER,
                GroupSettings.defaults(2),
                new ShardConfig(number, groups, List.of(owner, owner)),
                group(GroupSpec.MASTER, 1L),
                nodes,
                served,
                List.of(),
                MoveSettings.DEFAULT);
    }

    static Bytes keyOf(int shard) {
        int number = 0;
        while (Slots.shardOf(Bytes.utf8("key" + number), 2) != shard) {
            number++;
        }
        return Bytes.utf8("key" + number);
    }
}
