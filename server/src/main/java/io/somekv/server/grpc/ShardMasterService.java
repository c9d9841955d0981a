package io.somekv.server.grpc;

import io.grpc.stub.StreamObserver;
import io.somekv.protocol.grpc.ClientId;
import io.somekv.protocol.grpc.ClusterMap;
import io.somekv.protocol.grpc.JoinRequest;
import io.somekv.protocol.grpc.LeaveRequest;
import io.somekv.protocol.grpc.MoveRequest;
import io.somekv.protocol.grpc.QueryRequest;
import io.somekv.protocol.grpc.RegisterClientRequest;
import io.somekv.protocol.grpc.ShardMasterGrpc;
import io.somekv.server.control.ClusterControl;

/** The service ShardMaster of somekv.proto. */
final class ShardMasterService extends ShardMasterGrpc.ShardMasterImplBase {
    private final ClusterControl cluster;

    ShardMasterService(ClusterControl cluster) {
        this.cluster = cluster;
    }

    @Override
    public void registerClient(RegisterClientRequest request, StreamObserver<ClientId> to) {
        Replies.reply(
                to,
                () -> {
                    var client = cluster.registerClient(ProtoMapping.uuid(request.getNonce()));
                    return ClientId.newBuilder()
                            .setHigh(client.high())
                            .setLow(client.low())
                            .build();
                });
    }

    @Override
    public void query(QueryRequest request, StreamObserver<ClusterMap> to) {
        Replies.reply(to, () -> ProtoMapping.of(cluster.query(request.getConfig())));
    }

    @Override
    public void join(JoinRequest request, StreamObserver<ClusterMap> to) {
        Replies.reply(
                to,
                () ->
                        ProtoMapping.of(
                                cluster.join(
                                        request.getGroupId(),
                                        request.getNodeIdsList(),
                                        request.getNewNodesList())));
    }

    @Override
    public void leave(LeaveRequest request, StreamObserver<ClusterMap> to) {
        Replies.reply(to, () -> ProtoMapping.of(cluster.leave(request.getGroupIdsList())));
    }

    @Override
    public void move(MoveRequest request, StreamObserver<ClusterMap> to) {
        Replies.reply(
                to, () -> ProtoMapping.of(cluster.move(request.getShard(), request.getGroupId())));
    }
}
