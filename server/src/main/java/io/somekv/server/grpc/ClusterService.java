package io.somekv.server.grpc;

import io.grpc.stub.StreamObserver;
import io.somekv.protocol.grpc.ClusterGrpc;
import io.somekv.protocol.grpc.ClusterMap;
import io.somekv.protocol.grpc.NodeJoinReply;
import io.somekv.protocol.grpc.NodeJoinRequest;
import io.somekv.protocol.grpc.StartClusterRequest;
import io.somekv.protocol.grpc.StatusReply;
import io.somekv.protocol.grpc.StatusRequest;
import io.somekv.server.control.ClusterControl;
import io.somekv.server.control.NodeControl;

/** The service Cluster of somekv.proto. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
    static final int SHARD_COUNT_DEFAULT = 256;

    private final NodeControl node;
    private final ClusterControl cluster;

    ClusterService(NodeControl node, ClusterControl cluster) {
        this.node = node;
        this.cluster = cluster;
    }

    @Override
    public void startCluster(StartClusterRequest request, StreamObserver<ClusterMap> to) {
        int wanted = request.getShardCount();
        Replies.reply(
                to,
                () ->
                        ProtoMapping.of(
                                cluster.start(
                                        request.getNodesList(),
                                        wanted == 0 ? SHARD_COUNT_DEFAULT : wanted)));
    }

    @Override
    public void nodeJoin(NodeJoinRequest request, StreamObserver<NodeJoinReply> to) {
        Replies.reply(
                to,
                () -> {
                    node.join(ProtoMapping.from(request));
                    return NodeJoinReply.getDefaultInstance();
                });
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusReply> to) {
        Replies.reply(to, () -> ProtoMapping.of(node.report(request.getDigests())));
    }
}
