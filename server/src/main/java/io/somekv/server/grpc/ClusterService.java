package io.somekv.server.grpc;

import io.grpc.stub.StreamObserver;
import io.somekv.kv.ShardStatus;
import io.somekv.node.GroupStatus;
import io.somekv.protocol.v1.AddNodeRequest;
import io.somekv.protocol.v1.AddNodeResponse;
import io.somekv.protocol.v1.ChangeMembersRequest;
import io.somekv.protocol.v1.ChangeMembersResponse;
import io.somekv.protocol.v1.ClusterGrpc;
import io.somekv.protocol.v1.GetStatusRequest;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.NodeJoinRequest;
import io.somekv.protocol.v1.NodeJoinResponse;
import io.somekv.protocol.v1.RemoveNodeRequest;
import io.somekv.protocol.v1.RemoveNodeResponse;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.protocol.v1.StartClusterRequest;
import io.somekv.protocol.v1.StartClusterResponse;
import io.somekv.protocol.v1.TransferLeadershipRequest;
import io.somekv.protocol.v1.TransferLeadershipResponse;
import io.somekv.server.ServerVersion;
import io.somekv.server.control.ClusterControl;
import io.somekv.server.control.NodeControl;
import java.util.UUID;

/** The service Cluster of cluster.proto. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
    private static final int SHARD_COUNT_DEFAULT = 256;

    private final NodeControl node;
    private final ClusterControl cluster;

    ClusterService(NodeControl node, ClusterControl cluster) {
        this.node = node;
        this.cluster = cluster;
    }

    @Override
    public void startCluster(StartClusterRequest request, StreamObserver<StartClusterResponse> to) {
        int wanted = request.getShardCount();
        Replies.reply(
                to,
                () -> {
                    UUID clusterId =
                            cluster.start(
                                    ProtoMapping.fromAll(request.getNodesList()),
                                    wanted == 0 ? SHARD_COUNT_DEFAULT : wanted);
                    return StartClusterResponse.newBuilder()
                            .setStatus(Replies.OK)
                            .setClusterId(clusterId.toString())
                            .build();
                },
                status -> StartClusterResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void nodeJoin(NodeJoinRequest request, StreamObserver<NodeJoinResponse> to) {
        Replies.reply(
                to,
                () -> {
                    node.join(ProtoMapping.from(request));
                    return NodeJoinResponse.newBuilder().setStatus(Replies.OK).build();
                },
                status -> NodeJoinResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void transferLeadership(
            TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> to) {
        Replies.reply(
                to,
                () -> {
                    node.transferLeadership(request.getGroupId(), request.getToNode());
                    return TransferLeadershipResponse.newBuilder().setStatus(Replies.OK).build();
                },
                status -> TransferLeadershipResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void changeMembers(
            ChangeMembersRequest request, StreamObserver<ChangeMembersResponse> to) {
        Replies.reply(
                to,
                () -> {
                    node.changeMembers(request.getGroupId(), ProtoMapping.change(request));
                    return ChangeMembersResponse.newBuilder().setStatus(Replies.OK).build();
                },
                status -> ChangeMembersResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void addNode(AddNodeRequest request, StreamObserver<AddNodeResponse> to) {
        Replies.reply(
                to,
                () ->
                        AddNodeResponse.newBuilder()
                                .setStatus(Replies.OK)
                                .setNode(
                                        ProtoMapping.of(
                                                cluster.addNode(
                                                        ProtoMapping.from(request.getNode()))))
                                .build(),
                status -> AddNodeResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void removeNode(RemoveNodeRequest request, StreamObserver<RemoveNodeResponse> to) {
        Replies.reply(
                to,
                () -> {
                    cluster.removeNode(request.getNodeId());
                    return RemoveNodeResponse.newBuilder().setStatus(Replies.OK).build();
                },
                status -> RemoveNodeResponse.newBuilder().setStatus(status).build());
    }

    @Override
    public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> to) {
        Replies.reply(
                to,
                () -> status(request.getDigests()),
                status -> GetStatusResponse.getDefaultInstance());
    }

    private GetStatusResponse status(boolean digests) {
        GetStatusResponse.Builder response =
                GetStatusResponse.newBuilder()
                        .setNode(ProtoMapping.of(node.self()))
                        .setVersion(ServerVersion.text())
                        .setZone(node.zone())
                        .setDiskFreeBytes(node.disk().freeBytes())
                        .setDiskNearlyFull(node.disk().isNearlyFull())
                        .setClusterId(node.clusterId().map(UUID::toString).orElse(""));
        for (GroupStatus group : node.groups()) {
            ReplicaStatus.Builder replica = replica(group);
            if (digests) {
                node.digest(group.groupId()).ifPresent(replica::setDigest);
            }
            response.addReplicas(replica);
        }
        node.map().ifPresent(map -> response.setMap(ProtoMapping.of(map)));
        return response.build();
    }

    private static ReplicaStatus.Builder replica(GroupStatus group) {
        int served = 0;
        for (ShardStatus shard : group.shards().states()) {
            served += shard.serving() ? 1 : 0;
        }
        return ReplicaStatus.newBuilder()
                .setGroupId(group.groupId())
                .setReplicaId(group.replica().replicaId())
                .setTerm(group.replica().term())
                .setRole(group.replica().role().name())
                .setLeaderNode(group.leaderNode())
                .setCommitIndex(group.replica().commit())
                .setAppliedIndex(group.applied())
                .setLastIndex(group.replica().last().index())
                .setLogTime(group.replica().logTime())
                .setShardsServed(served)
                .setHeartbeatGapMaxMillis(group.replica().heartbeatGapNanosMax() / 1_000_000)
                .setDuplicateTableBytes(group.duplicateTableBytes())
                .setChanging(group.isChanging())
                .addAllMembers(ProtoMapping.of(group.membership()))
                .addAllIncoming(ProtoMapping.incoming(group))
                .addAllOutgoing(group.shards().outgoing().stream().map(ProtoMapping::of).toList());
    }
}
