package io.somekv.server.grpc;

import io.somekv.kv.ShardStatus;
import io.somekv.node.GroupStatus;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.protocol.grpc.ClusterMap;
import io.somekv.protocol.grpc.Group;
import io.somekv.protocol.grpc.Node;
import io.somekv.protocol.grpc.NodeJoinRequest;
import io.somekv.protocol.grpc.Replica;
import io.somekv.protocol.grpc.Settings;
import io.somekv.protocol.grpc.StatusReply;
import io.somekv.raft.EntryId;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.control.NodeReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** Between the messages of somekv.proto and the records they stand for. */
final class ProtoMapping {
    private ProtoMapping() {}

    static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "'" + text + "' is no UUID");
        }
    }

    static Node of(NodeInfo node) {
        return Node.newBuilder()
                .setNodeId(node.nodeId())
                .setStoreId(node.storeId().toString())
                .setHost(node.host())
                .setPeerPort(node.peerPort())
                .setRespPort(node.respPort())
                .setGrpcPort(node.grpcPort())
                .build();
    }

    static NodeInfo from(Node node) {
        return new NodeInfo(
                node.getNodeId(),
                uuid(node.getStoreId()),
                node.getHost(),
                node.getPeerPort(),
                node.getRespPort(),
                node.getGrpcPort());
    }

    static Group of(GroupSpec group) {
        Group.Builder message = Group.newBuilder().setGroupId(group.groupId());
        for (GroupSpec.Replica replica : group.replicas()) {
            message.addReplicas(
                    Replica.newBuilder()
                            .setReplicaId(replica.replicaId())
                            .setNodeId(replica.nodeId()));
        }
        return message.build();
    }

    static GroupSpec from(Group group) {
        if (group.getReplicasCount() == 0) {
            throw new ControlException(
                    ControlException.Kind.INVALID,
                    "group " + group.getGroupId() + " has no replica");
        }
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        for (Replica replica : group.getReplicasList()) {
            replicas.add(new GroupSpec.Replica(replica.getReplicaId(), replica.getNodeId()));
        }
        return new GroupSpec(group.getGroupId(), replicas);
    }

    static ClusterMap of(io.somekv.protocol.config.ClusterMap map) {
        GroupSettings settings = map.settings();
        ClusterMap.Builder message =
                ClusterMap.newBuilder()
                        .setClusterId(map.clusterId().toString())
                        .setSettings(
                                Settings.newBuilder()
                                        .setShardCount(settings.shardCount())
                                        .setValueSizeMax(settings.valueSizeMax())
                                        .setSequenceWindow(settings.sequenceWindow())
                                        .setFeatureLevel(settings.featureLevel()))
                        .setConfig(map.config().number())
                        .addAllOwners(map.config().owners())
                        .setMaster(of(map.master()));
        map.config().groups().forEach(group -> message.addGroups(of(group)));
        map.nodes().forEach(node -> message.addNodes(of(node)));
        return message.build();
    }

    static io.somekv.protocol.config.ClusterMap from(ClusterMap map) {
        Settings settings = map.getSettings();
        return new io.somekv.protocol.config.ClusterMap(
                uuid(map.getClusterId()),
                new GroupSettings(
                        settings.getShardCount(),
                        settings.getValueSizeMax(),
                        settings.getSequenceWindow(),
                        settings.getFeatureLevel()),
                new ShardConfig(
                        map.getConfig(),
                        map.getGroupsList().stream().map(ProtoMapping::from).toList(),
                        map.getOwnersList()),
                from(map.getMaster()),
                map.getNodesList().stream().map(ProtoMapping::from).toList());
    }

    static NodeJoinRequest of(JoinOrder order) {
        NodeJoinRequest.Builder message =
                NodeJoinRequest.newBuilder()
                        .setClusterId(order.clusterId().toString())
                        .setGroup(of(order.group()));
        order.nodes().forEach(node -> message.addNodes(of(node)));
        order.map().ifPresent(map -> message.setMap(of(map)));
        return message.build();
    }

    static JoinOrder from(NodeJoinRequest request) {
        return new JoinOrder(
                uuid(request.getClusterId()),
                request.getNodesList().stream().map(ProtoMapping::from).toList(),
                from(request.getGroup()),
                request.hasMap() ? Optional.of(from(request.getMap())) : Optional.empty());
    }

    static StatusReply of(NodeReport report) {
        StatusReply.Builder message =
                StatusReply.newBuilder()
                        .setNode(of(report.node()))
                        .setClusterId(report.clusterId().map(UUID::toString).orElse(""));
        report.map().ifPresent(map -> message.setMap(of(map)));
        for (GroupStatus group : report.groups()) {
            message.addGroups(of(group, report.digests()));
        }
        return message.build();
    }

    static NodeReport from(StatusReply reply) {
        TreeMap<Long, Long> digests = new TreeMap<>();
        List<GroupStatus> groups = new ArrayList<>();
        for (io.somekv.protocol.grpc.GroupStatus group : reply.getGroupsList()) {
            groups.add(from(group));
            if (group.hasDigest()) {
                digests.put(group.getGroupId(), group.getDigest());
            }
        }
        String cluster = reply.getClusterId();
        return new NodeReport(
                from(reply.getNode()),
                cluster.isEmpty() ? Optional.empty() : Optional.of(uuid(cluster)),
                groups,
                digests,
                reply.hasMap() ? Optional.of(from(reply.getMap())) : Optional.empty());
    }

    private static io.somekv.protocol.grpc.GroupStatus of(
            GroupStatus group, SortedMap<Long, Long> digests) {
        ReplicaStatus replica = group.replica();
        io.somekv.protocol.grpc.GroupStatus.Builder message =
                io.somekv.protocol.grpc.GroupStatus.newBuilder()
                        .setGroupId(group.groupId())
                        .setReplicaId(replica.replicaId())
                        .setRole(role(replica.role()))
                        .setTerm(replica.term())
                        .setLeaderNode(group.leaderNode())
                        .setLastIndex(replica.last().index())
                        .setCommit(replica.commit())
                        .setApplied(group.applied())
                        .setLogTimeMillis(replica.logTime());
        Optional.ofNullable(digests.get(group.groupId())).ifPresent(message::setDigest);
        for (ShardStatus shard : group.shards()) {
            if (shard.serving()) {
                message.addServing(shard.shard());
            }
        }
        group.membership().voters().forEach(member -> message.addMembers(of(member, false)));
        group.membership().learners().forEach(member -> message.addMembers(of(member, true)));
        return message.build();
    }

    private static io.somekv.protocol.grpc.GroupStatus.Member of(Member member, boolean learner) {
        return io.somekv.protocol.grpc.GroupStatus.Member.newBuilder()
                .setReplicaId(member.replicaId())
                .setNodeId(member.nodeId())
                .setStoreId(member.storeId().toString())
                .setLearner(learner)
                .build();
    }

    /** What a status does not carry (log term of the last entry, bytes in flight) is left at 0. */
    private static GroupStatus from(io.somekv.protocol.grpc.GroupStatus group) {
        List<Member> voters = new ArrayList<>();
        List<Member> learners = new ArrayList<>();
        for (io.somekv.protocol.grpc.GroupStatus.Member member : group.getMembersList()) {
            (member.getLearner() ? learners : voters)
                    .add(
                            new Member(
                                    member.getReplicaId(),
                                    member.getNodeId(),
                                    uuid(member.getStoreId())));
        }
        List<ShardStatus> shards = new ArrayList<>();
        for (int shard : group.getServingList()) {
            shards.add(new ShardStatus(shard, 0, 0, true, false, 0));
        }
        ReplicaStatus replica =
                new ReplicaStatus(
                        group.getReplicaId(),
                        role(group.getRole()),
                        group.getTerm(),
                        0,
                        new EntryId(0, group.getLastIndex()),
                        group.getCommit(),
                        group.getApplied(),
                        group.getLogTimeMillis(),
                        0);
        return new GroupStatus(
                group.getGroupId(),
                new Membership(voters, learners),
                replica,
                group.getLeaderNode(),
                group.getApplied(),
                shards);
    }

    private static io.somekv.protocol.grpc.GroupStatus.Role role(ReplicaStatus.Role role) {
        return switch (role) {
            case FOLLOWER -> io.somekv.protocol.grpc.GroupStatus.Role.FOLLOWER;
            case PRE_CANDIDATE -> io.somekv.protocol.grpc.GroupStatus.Role.PRE_CANDIDATE;
            case CANDIDATE -> io.somekv.protocol.grpc.GroupStatus.Role.CANDIDATE;
            case LEADER -> io.somekv.protocol.grpc.GroupStatus.Role.LEADER;
        };
    }

    private static ReplicaStatus.Role role(io.somekv.protocol.grpc.GroupStatus.Role role) {
        return switch (role) {
            case LEADER -> ReplicaStatus.Role.LEADER;
            case CANDIDATE -> ReplicaStatus.Role.CANDIDATE;
            case PRE_CANDIDATE -> ReplicaStatus.Role.PRE_CANDIDATE;
            case FOLLOWER, UNRECOGNIZED -> ReplicaStatus.Role.FOLLOWER;
        };
    }
}
