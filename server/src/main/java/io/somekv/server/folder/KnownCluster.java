package io.somekv.server.folder;

import io.somekv.protocol.config.NodeInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What a node was told when it joined a cluster: enough to find the others before it has seen a
 * cluster map.
 *
 * @param nodes all that were named, this one included
 */
public record KnownCluster(UUID clusterId, List<NodeInfo> nodes) {
    public KnownCluster {
        nodes = List.copyOf(nodes);
    }

    Settings toSettings() {
        Settings settings = new Settings();
        settings.put("format", "2");
        settings.put("cluster", clusterId.toString());
        for (NodeInfo node : nodes) {
            settings.put(
                    "node." + node.nodeId(),
                    String.join(
                            " ",
                            node.storeId().toString(),
                            node.host(),
                            Integer.toString(node.peerPort()),
                            Integer.toString(node.respPort()),
                            Integer.toString(node.grpcPort()),
                            Integer.toString(node.clusterPort())));
        }
        return settings;
    }

    static KnownCluster parse(Settings settings) {
        List<NodeInfo> nodes = new ArrayList<>();
        for (String name : settings.names()) {
            if (name.startsWith("node.")) {
                nodes.add(parseNode(settings, name));
            }
        }
        return new KnownCluster(UUID.fromString(settings.need("cluster")), nodes);
    }

    private static NodeInfo parseNode(Settings settings, String name) {
        String[] fields = settings.need(name).split(" ", -1);
        if (fields.length != 6) {
            throw new RefusedException(settings.origin() + ": " + name + " has no six fields");
        }
        return new NodeInfo(
                Long.parseLong(name.substring("node.".length())),
                UUID.fromString(fields[0]),
                fields[1],
                Integer.parseInt(fields[2]),
                Integer.parseInt(fields[3]),
                Integer.parseInt(fields[4]),
                Integer.parseInt(fields[5]));
    }
}
