package io.somekv.server.lane;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.frame.Frame;

/**
 * Where the effects of a lane go that leave its node's loops and log. Called on the lane's loop.
 */
public interface LaneRim {
    /** Sends to a node, or drops the frame where there is no connection or too much waits. */
    void send(LaneLoop from, long nodeId, Frame frame);

    /** A newer cluster map than the one before. */
    void mapChanged(ClusterMap map);
}
