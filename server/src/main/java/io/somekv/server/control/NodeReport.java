package io.somekv.server.control;

import io.somekv.protocol.config.NodeInfo;
import java.util.Optional;
import java.util.UUID;

/**
 * Who a node is.
 *
 * @param clusterId the cluster it is in; empty for none
 */
public record NodeReport(NodeInfo node, Optional<UUID> clusterId) {}
