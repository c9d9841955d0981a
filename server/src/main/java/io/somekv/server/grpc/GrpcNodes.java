package io.somekv.server.grpc;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.control.NodeReport;
import io.somekv.server.control.RemoteNodes;

/** Other nodes, reached at their control doors: a connection a call, for these calls are rare. */
final class GrpcNodes implements RemoteNodes {
    @Override
    public NodeReport report(String address) {
        try (ControlChannel channel = ControlChannel.to(address)) {
            return channel.report(false);
        }
    }

    @Override
    public void join(NodeInfo node, JoinOrder order) {
        try (ControlChannel channel =
                ControlChannel.to(node.host() + ":" + node.grpcPort())) {
            channel.nodeJoin(order);
        }
    }
}
