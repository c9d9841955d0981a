package io.somekv.server.grpc;

import io.grpc.stub.StreamObserver;
import io.somekv.protocol.v1.ChangeResponse;
import io.somekv.protocol.v1.ClientId;
import io.somekv.protocol.v1.GetCaretakerRequest;
import io.somekv.protocol.v1.GetCaretakerResponse;
import io.somekv.protocol.v1.GetConfigRequest;
import io.somekv.protocol.v1.GetConfigResponse;
import io.somekv.protocol.v1.JoinRequest;
import io.somekv.protocol.v1.LeaveRequest;
import io.somekv.protocol.v1.MoveRequest;
import io.somekv.protocol.v1.RegisterClientRequest;
import io.somekv.protocol.v1.RegisterClientResponse;
import io.somekv.protocol.v1.ShardMasterGrpc;
import io.somekv.protocol.v1.TuneCaretakerRequest;
import io.somekv.protocol.v1.TuneMovesRequest;
import io.somekv.protocol.v1.UseNodeRequest;
import io.somekv.server.control.ClusterControl;

/** The service ShardMaster of shard_master.proto. */
final class ShardMasterService extends ShardMasterGrpc.ShardMasterImplBase {
    private final ClusterControl cluster;

    ShardMasterService(ClusterControl cluster) {
        this.cluster = cluster;
    }

    @Override
    public void registerClient(
            RegisterClientRequest request, StreamObserver<RegisterClientResponse> to) {
        Replies.reply(
                to,
                () -> {
                    var client = cluster.registerClient(ProtoMapping.uuid(request.getNonce()));
                    return RegisterClientResponse.newBuilder()
                            .setStatus(Replies.OK)
                            .setClient(
                                    ClientId.newBuilder()
                                            .setHigh(client.high())
                                            .setLow(client.low()))
                            .build();
                },
                status -> RegisterClientResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void getConfig(GetConfigRequest request, StreamObserver<GetConfigResponse> to) {
        Replies.reply(
                to,
                () ->
                        GetConfigResponse.newBuilder()
                                .setStatus(Replies.OK)
                                .setMap(
                                        ProtoMapping.of(
                                                cluster.query(
                                                        request.hasNumber()
                                                                ? request.getNumber()
                                                                : -1)))
                                .build(),
                status -> GetConfigResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void join(JoinRequest request, StreamObserver<ChangeResponse> to) {
        change(
                to,
                () ->
                        cluster.join(
                                request.getGroupsList().stream().map(ProtoMapping::from).toList(),
                                ProtoMapping.fromAll(request.getNodesList())));
    }

    @Override
    public void leave(LeaveRequest request, StreamObserver<ChangeResponse> to) {
        change(to, () -> cluster.leave(request.getGroupIdsList()));
    }

    @Override
    public void move(MoveRequest request, StreamObserver<ChangeResponse> to) {
        change(to, () -> cluster.move(request.getShard(), request.getGroupId()));
    }

    @Override
    public void tuneMoves(TuneMovesRequest request, StreamObserver<ChangeResponse> to) {
        change(to, () -> cluster.tuneMoves(ProtoMapping.from(request)));
    }

    @Override
    public void getCaretaker(GetCaretakerRequest request, StreamObserver<GetCaretakerResponse> to) {
        Replies.reply(
                to,
                () ->
                        CaretakerMapping.of(cluster.caretaker(request.getDecisionsMax()))
                                .setStatus(Replies.OK)
                                .build(),
                status -> GetCaretakerResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void tuneCaretaker(TuneCaretakerRequest request, StreamObserver<ChangeResponse> to) {
        change(to, () -> cluster.tuneCaretaker(CaretakerMapping.from(request.getSettings())));
    }

    @Override
    public void useNode(UseNodeRequest request, StreamObserver<ChangeResponse> to) {
        change(to, () -> cluster.useNode(CaretakerMapping.from(request.getUse())));
    }

    private static void change(StreamObserver<ChangeResponse> to, Runnable work) {
        Replies.reply(
                to,
                () -> {
                    work.run();
                    return ChangeResponse.newBuilder().setStatus(Replies.OK).build();
                },
                status -> ChangeResponse.newBuilder().setStatus(status).build());
    }
}
