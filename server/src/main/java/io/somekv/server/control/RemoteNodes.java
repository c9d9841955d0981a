package io.somekv.server.control;

import io.somekv.protocol.config.NodeInfo;

/** How control reaches other nodes. Calls block; they throw {@link ControlException}. */
public interface RemoteNodes {
    /**
     * Asks who answers at an address.
     *
     * @param address host:port of a control door
     */
    NodeReport report(String address);

    void join(NodeInfo node, JoinOrder order);
}
