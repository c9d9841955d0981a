package io.somekv.server.resp;

import io.somekv.node.ServingMap;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Slots;
import io.somekv.protocol.resp.RespAction;
import io.somekv.protocol.resp.RespReply;
import io.somekv.server.lane.LaneLoop;
import java.util.List;
import java.util.Optional;

/**
 * What is different for a client that knows of the cluster (docs/decisions/0012): it is sent to the
 * leader of its key's group, and has its share of what concerns all shards.
 */
final class Redirection {
    private Redirection() {}

    /**
     * MOVED, where another node is known to lead the group and is up. Else the request is to go its
     * way from here, as a plain client's does: clients do not try again on any other refusal.
     */
    static Optional<RespReply> moved(LaneLoop lane, PendingReply owed) {
        List<RespAction.Part> parts = owed.ask().parts();
        if (parts.size() != 1 || !(parts.get(0).command() instanceof Command.Keyed keyed)) {
            return Optional.empty();
        }
        long node = lane.directions().elsewhere(keyed, owed.readMode());
        return node == 0
                ? Optional.empty()
                : lane.map()
                        .flatMap(map -> address(map, node))
                        .map(to ->
                                RespReply.error(
                                        "MOVED " + Slots.slotOf(keyed.keys().get(0)) + " " + to));
    }

    private static Optional<String> address(ClusterMap map, long nodeId) {
        for (NodeInfo node : map.nodes()) {
            if (node.nodeId() == nodeId && node.clusterPort() != 0) {
                return Optional.of(node.host() + ":" + node.clusterPort());
            }
        }
        return Optional.empty();
    }

    /** Of what concerns all shards: those that are shown as this node's. */
    static RespAction.Ask shareOf(LaneLoop lane, long ownNode, RespAction.Ask whole) {
        Optional<ServingMap> serving = lane.directions().serving();
        List<RespAction.Part> own =
                whole.parts().stream()
                        .filter(part ->
                                serving.isPresent()
                                        && serving.get().leaderOf(part.shard()) == ownNode)
                        .toList();
        return new RespAction.Ask(own, whole.merge());
    }
}
