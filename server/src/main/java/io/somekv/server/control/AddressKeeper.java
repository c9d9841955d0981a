package io.somekv.server.control;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.lane.LaneLoop;
import java.util.Optional;

/**
 * Tells the shard master when this node is no longer where the cluster map says: started again with
 * other ports, or on another machine with its disk. Until the map has the new address the other
 * nodes cannot dial this one; it dials them.
 */
public final class AddressKeeper {
    private static final long INTERVAL_MILLIS = 2_000;

    private final NodeInfo self;
    private final LaneLoop lane;

    /** On the lane's loop. */
    private boolean asking;

    public AddressKeeper(NodeInfo self, LaneLoop lane) {
        this.self = self;
        this.lane = lane;
    }

    public void start() {
        lane.every(INTERVAL_MILLIS, this::look);
    }

    private void look() {
        if (asking || lane.map().filter(this::isOutdated).isEmpty()) {
            return;
        }
        asking = true;
        lane.ask(
                GroupSpec.MASTER,
                new Request(Optional.empty(), new Command.RegisterNode(self)),
                (_, _) -> asking = false);
    }

    /** A map without this node was made before it joined, and says nothing about it. */
    private boolean isOutdated(ClusterMap map) {
        for (NodeInfo node : map.nodes()) {
            if (node.nodeId() == self.nodeId()) {
                return !node.equals(self);
            }
        }
        return false;
    }
}
