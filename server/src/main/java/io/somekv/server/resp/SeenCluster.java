package io.somekv.server.resp;

import io.somekv.node.ServingMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.resp.ClusterFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a lane knows of the cluster, as Redis clients are shown it. */
final class SeenCluster {
    private SeenCluster() {}

    static ClusterFacts of(RespDoor door, Optional<ServingMap> serving) {
        RespDoor.Self own = door.self();
        TreeMap<Long, ClusterFacts.Node> nodes = new TreeMap<>();
        serving.ifPresent(map -> {
            for (NodeInfo info : map.map().nodes()) {
                // One without a cluster port is not known well enough to be sent to.
                if (info.clusterPort() != 0) {
                    nodes.put(info.nodeId(), node(info, map));
                }
            }
        });
        nodes.computeIfAbsent(
                own.nodeId(),
                id ->
                        new ClusterFacts.Node(
                                id, own.storeId(), own.host(), door.clusterPort(), 0, true));
        return new ClusterFacts(
                serving.map(map -> map.map().config().number()).orElse(0L),
                nodes.get(own.nodeId()),
                List.copyOf(nodes.values()),
                serving.map(map -> groups(map, nodes)).orElse(List.of()),
                serving.map(ServingMap::servingGroups).orElse(List.of()));
    }

    private static ClusterFacts.Node node(NodeInfo info, ServingMap map) {
        return new ClusterFacts.Node(
                info.nodeId(),
                info.storeId(),
                info.host(),
                info.clusterPort(),
                info.peerPort(),
                map.upNodes().contains(info.nodeId()));
    }

    private static List<ClusterFacts.Group> groups(
            ServingMap map, Map<Long, ClusterFacts.Node> nodes) {
        List<ClusterFacts.Group> groups = new ArrayList<>();
        map.groups()
                .forEach((id, replicas) -> {
                    ClusterFacts.Node leader = nodes.get(replicas.leader());
                    if (leader != null) {
                        groups.add(
                                new ClusterFacts.Group(
                                        id, leader, followers(replicas.followers(), nodes)));
                    }
                });
        return groups;
    }

    private static List<ClusterFacts.Node> followers(
            List<Long> ids, Map<Long, ClusterFacts.Node> nodes) {
        List<ClusterFacts.Node> followers = new ArrayList<>();
        for (long id : ids) {
            ClusterFacts.Node node = nodes.get(id);
            if (node != null && node.isUp()) {
                followers.add(node);
            }
        }
        return followers;
    }
}
