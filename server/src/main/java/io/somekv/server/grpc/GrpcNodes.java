package io.somekv.server.grpc;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.control.NodeReport;
import io.somekv.server.control.RemoteNodes;
import java.util.Optional;

/** Other nodes, reached at their control doors: a connection a call, for these calls are rare. */
final class GrpcNodes implements RemoteNodes {
    @Override
    public NodeReport report(String address) {
        try (ControlChannel channel = ControlChannel.to(address)) {
            GetStatusResponse status = channel.status(false);
            String cluster = status.getClusterId();
            return new NodeReport(
                    ProtoMapping.from(status.getNode()),
                    cluster.isEmpty() ? Optional.empty() : Optional.of(ProtoMapping.uuid(cluster)));
        }
    }

    @Override
    public void join(NodeInfo node, JoinOrder order) {
        try (ControlChannel channel = ControlChannel.to(node.host() + ":" + node.grpcPort())) {
            channel.nodeJoin(order);
        }
    }
}
