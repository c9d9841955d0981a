package io.somekv.server.grpc;

import io.somekv.kv.Incoming;
import io.somekv.kv.Outgoing;
import io.somekv.node.GroupStatus;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.AddMember;
import io.somekv.protocol.v1.ChangeMembersRequest;
import io.somekv.protocol.v1.ClusterMap;
import io.somekv.protocol.v1.GroupMember;
import io.somekv.protocol.v1.GroupSettings;
import io.somekv.protocol.v1.GroupSpec;
import io.somekv.protocol.v1.IncomingShard;
import io.somekv.protocol.v1.MoveSettings;
import io.somekv.protocol.v1.NodeJoinRequest;
import io.somekv.protocol.v1.OutgoingShard;
import io.somekv.protocol.v1.Replica;
import io.somekv.protocol.v1.Served;
import io.somekv.protocol.v1.ShardConfig;
import io.somekv.protocol.v1.TuneMovesRequest;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Between the messages of the services and the records they stand for, which have their names. */
public final class ProtoMapping {
    private ProtoMapping() {}

    static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new ControlException(ControlException.Kind.INVALID, "'" + text + "' is no UUID");
        }
    }

    static io.somekv.protocol.v1.NodeInfo of(NodeInfo node) {
        return io.somekv.protocol.v1.NodeInfo.newBuilder()
                .setNodeId(node.nodeId())
                .setStoreId(node.storeId().toString())
                .setHost(node.host())
                .setPeerPort(node.peerPort())
                .setRespPort(node.respPort())
                .setGrpcPort(node.grpcPort())
                .setClusterPort(node.clusterPort())
                .build();
    }

    /** A node of which only the address was given has no store id yet. */
    public static NodeInfo from(io.somekv.protocol.v1.NodeInfo node) {
        return new NodeInfo(
                node.getNodeId(),
                node.getStoreId().isEmpty() ? new UUID(0, 0) : uuid(node.getStoreId()),
                node.getHost(),
                node.getPeerPort(),
                node.getRespPort(),
                node.getGrpcPort(),
                node.getClusterPort());
    }

    static List<NodeInfo> fromAll(List<io.somekv.protocol.v1.NodeInfo> nodes) {
        return nodes.stream().map(ProtoMapping::from).toList();
    }

    static GroupSpec of(io.somekv.protocol.config.GroupSpec group) {
        GroupSpec.Builder message = GroupSpec.newBuilder().setGroupId(group.groupId());
        for (io.somekv.protocol.config.GroupSpec.Replica replica : group.replicas()) {
            message.addReplicas(
                    Replica.newBuilder()
                            .setReplicaId(replica.replicaId())
                            .setNodeId(replica.nodeId()));
        }
        return message.build();
    }

    static io.somekv.protocol.config.GroupSpec from(GroupSpec group) {
        if (group.getReplicasCount() == 0) {
            throw new ControlException(
                    ControlException.Kind.INVALID,
                    "group " + group.getGroupId() + " has no replica");
        }
        List<io.somekv.protocol.config.GroupSpec.Replica> replicas = new ArrayList<>();
        for (Replica replica : group.getReplicasList()) {
            replicas.add(
                    new io.somekv.protocol.config.GroupSpec.Replica(
                            replica.getReplicaId(), replica.getNodeId()));
        }
        return new io.somekv.protocol.config.GroupSpec(group.getGroupId(), replicas);
    }

    static ClusterMap of(io.somekv.protocol.config.ClusterMap map) {
        io.somekv.protocol.config.GroupSettings settings = map.settings();
        ShardConfig.Builder config =
                ShardConfig.newBuilder()
                        .setNumber(map.config().number())
                        .addAllOwners(map.config().owners());
        map.config().groups().forEach(group -> config.addGroups(of(group)));
        ClusterMap.Builder message =
                ClusterMap.newBuilder()
                        .setClusterId(map.clusterId().toString())
                        .setSettings(
                                GroupSettings.newBuilder()
                                        .setShardCount(settings.shardCount())
                                        .setValueSizeMax(settings.valueSizeMax())
                                        .setSequenceWindow(settings.sequenceWindow())
                                        .setFeatureLevel(settings.featureLevel()))
                        .setConfig(config)
                        .setMaster(of(map.master()));
        map.nodes().forEach(node -> message.addNodes(of(node)));
        map.served().forEach(served -> message.addServed(of(served)));
        map.formerGroups().forEach(group -> message.addFormerGroups(of(group)));
        return message.setMoves(of(map.moves())).build();
    }

    private static Served of(io.somekv.protocol.config.Served served) {
        return Served.newBuilder().setConfig(served.config()).setGroupId(served.groupId()).build();
    }

    static MoveSettings of(io.somekv.protocol.config.MoveSettings settings) {
        return MoveSettings.newBuilder()
                .setTransfersMax(settings.transfersMax())
                .setBytesPerSecondMax(settings.bytesPerSecondMax())
                .setPaused(settings.isPaused())
                .addAllPausedShards(settings.pausedShards())
                .build();
    }

    static TuneMovesRequest of(MoveTuning tuning) {
        TuneMovesRequest.Builder request =
                TuneMovesRequest.newBuilder()
                        .addAllPauseShards(tuning.pause())
                        .addAllResumeShards(tuning.resume());
        tuning.transfersMax().ifPresent(request::setTransfersMax);
        tuning.bytesPerSecondMax().ifPresent(request::setBytesPerSecondMax);
        tuning.isPaused().ifPresent(request::setPaused);
        return request.build();
    }

    static MoveTuning from(TuneMovesRequest request) {
        return new MoveTuning(
                request.hasTransfersMax()
                        ? Optional.of(request.getTransfersMax())
                        : Optional.empty(),
                request.hasBytesPerSecondMax()
                        ? Optional.of(request.getBytesPerSecondMax())
                        : Optional.empty(),
                request.hasPaused() ? Optional.of(request.getPaused()) : Optional.empty(),
                request.getPauseShardsList(),
                request.getResumeShardsList());
    }

    static io.somekv.protocol.config.MoveSettings from(MoveSettings settings) {
        return new io.somekv.protocol.config.MoveSettings(
                settings.getTransfersMax(),
                settings.getBytesPerSecondMax(),
                settings.getPaused(),
                settings.getPausedShardsList());
    }

    static List<IncomingShard> incoming(GroupStatus group) {
        return group.shards().incoming().stream()
                .map(move -> of(move, group.awaitingTime().contains(move.shard())))
                .toList();
    }

    private static IncomingShard of(Incoming move, boolean isAwaitingTime) {
        return IncomingShard.newBuilder()
                .setShard(move.shard())
                .setConfig(move.config())
                .setSourceGroup(move.sourceGroup())
                .setPhase(isAwaitingTime && !move.isOwned() ? "AWAITING_TIME" : phase(move))
                .setBytes(move.bytes())
                .setBytesLeft(move.isOwned() ? 0 : move.bytesLeft())
                .build();
    }

    static OutgoingShard of(Outgoing move) {
        return OutgoingShard.newBuilder()
                .setShard(move.shard())
                .setConfig(move.config())
                .setTargetGroup(move.targetGroup())
                .setPhase(move.phase().name())
                .build();
    }

    private static String phase(Incoming move) {
        return switch (move.state()) {
            case STAGED -> phase(move.cursor().part());
            case OWNED -> "RELEASING";
            case DIFFERS -> "DIFFERS";
        };
    }

    private static String phase(CopyCursor.Part part) {
        return switch (part) {
            case ROWS -> "COPYING";
            case CHANGES -> "CATCHING_UP";
            case OUTCOMES -> "FROZEN";
            case END -> "PREPARED";
        };
    }

    public static io.somekv.protocol.config.ClusterMap from(ClusterMap map) {
        GroupSettings settings = map.getSettings();
        return new io.somekv.protocol.config.ClusterMap(
                uuid(map.getClusterId()),
                new io.somekv.protocol.config.GroupSettings(
                        settings.getShardCount(),
                        settings.getValueSizeMax(),
                        settings.getSequenceWindow(),
                        settings.getFeatureLevel()),
                new io.somekv.protocol.config.ShardConfig(
                        map.getConfig().getNumber(),
                        map.getConfig().getGroupsList().stream().map(ProtoMapping::from).toList(),
                        map.getConfig().getOwnersList()),
                from(map.getMaster()),
                fromAll(map.getNodesList()),
                map.getServedList().stream()
                        .map(served ->
                                new io.somekv.protocol.config.Served(
                                        served.getConfig(), served.getGroupId()))
                        .toList(),
                map.getFormerGroupsList().stream().map(ProtoMapping::from).toList(),
                from(map.getMoves()));
    }

    static List<GroupMember> of(Membership membership) {
        List<GroupMember> members = new ArrayList<>();
        for (Member member : membership.electorate()) {
            boolean stays = membership.voters().contains(member);
            boolean was = !membership.isJoint() || membership.outgoing().contains(member);
            String role = !stays ? "LEAVING" : was ? "VOTER" : "JOINING";
            members.add(of(member, role, 0));
        }
        for (Membership.Learner learner : membership.learners()) {
            members.add(of(learner.member(), "LEARNER", learner.replaces()));
        }
        return members;
    }

    private static GroupMember of(Member member, String role, long replaces) {
        return GroupMember.newBuilder()
                .setReplicaId(member.replicaId())
                .setNodeId(member.nodeId())
                .setStoreId(member.storeId().toString())
                .setRole(role)
                .setReplaces(replaces)
                .build();
    }

    static MembershipChange change(ChangeMembersRequest request) {
        return switch (request.getChangeCase()) {
            case ADD ->
                    new MembershipChange.Add(
                            request.getAdd().getNodeId(),
                            uuid(request.getAdd().getStoreId()),
                            request.getAdd().getReplaces());
            case REMOVE -> new MembershipChange.Remove(request.getRemove());
            case CHANGE_NOT_SET ->
                    throw new ControlException(
                            ControlException.Kind.INVALID, "a change that changes nothing");
        };
    }

    static ChangeMembersRequest of(long groupId, MembershipChange change) {
        ChangeMembersRequest.Builder request =
                ChangeMembersRequest.newBuilder().setGroupId(groupId);
        switch (change) {
            case MembershipChange.Add add ->
                    request.setAdd(
                            AddMember.newBuilder()
                                    .setNodeId(add.nodeId())
                                    .setStoreId(add.storeId().toString())
                                    .setReplaces(add.replaces()));
            case MembershipChange.Remove remove -> request.setRemove(remove.replicaId());
        }
        return request.build();
    }

    static NodeJoinRequest of(JoinOrder order) {
        NodeJoinRequest.Builder message =
                NodeJoinRequest.newBuilder().setClusterId(order.clusterId().toString());
        order.group().ifPresent(group -> message.setGroup(of(group)));
        order.nodes().forEach(node -> message.addNodes(of(node)));
        order.map().ifPresent(map -> message.setMap(of(map)));
        return message.build();
    }

    static JoinOrder from(NodeJoinRequest request) {
        return new JoinOrder(
                uuid(request.getClusterId()),
                fromAll(request.getNodesList()),
                request.hasGroup() ? Optional.of(from(request.getGroup())) : Optional.empty(),
                request.hasMap() ? Optional.of(from(request.getMap())) : Optional.empty());
    }
}
