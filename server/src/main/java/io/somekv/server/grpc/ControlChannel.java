package io.somekv.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.ClusterGrpc;
import io.somekv.protocol.v1.GetConfigRequest;
import io.somekv.protocol.v1.GetConfigResponse;
import io.somekv.protocol.v1.GetStatusRequest;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.JoinRequest;
import io.somekv.protocol.v1.LeaveRequest;
import io.somekv.protocol.v1.MoveRequest;
import io.somekv.protocol.v1.ShardMasterGrpc;
import io.somekv.protocol.v1.StartClusterRequest;
import io.somekv.protocol.v1.StartClusterResponse;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.control.JoinOrder;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A connection to the control door of one node. Calls block, and throw {@link ControlException}.
 */
public final class ControlChannel implements AutoCloseable {
    private static final long SECONDS_MAX = 60;
    private static final long STATUS_SECONDS_MAX = 10;

    private final String address;
    private final ManagedChannel channel;

    private ControlChannel(String address, ManagedChannel channel) {
        this.address = address;
        this.channel = channel;
    }

    /**
     * @param address host:port; the first call connects
     */
    public static ControlChannel to(String address) {
        NodeInfo node = nodeAt(address);
        return new ControlChannel(
                address,
                NettyChannelBuilder.forAddress(node.host(), node.grpcPort())
                        .usePlaintext()
                        .build());
    }

    /** A node of which nothing is known but its control door, as host:port. */
    public static NodeInfo nodeAt(String address) {
        int colon = address.lastIndexOf(':');
        try {
            int port = Integer.parseInt(address.substring(colon + 1));
            if (colon > 0 && port > 0 && port < 65_536) {
                return new NodeInfo(0, new UUID(0, 0), address.substring(0, colon), 0, 0, port);
            }
        } catch (NumberFormatException e) {
            // Said below, with what is no number for the other reasons.
        }
        throw new ControlException(Kind.INVALID, "'" + address + "' is no host:port");
    }

    /** What the node knows of itself and its replicas. */
    public GetStatusResponse status(boolean digests) {
        GetStatusRequest request = GetStatusRequest.newBuilder().setDigests(digests).build();
        return call(() -> cluster(digests ? SECONDS_MAX : STATUS_SECONDS_MAX).getStatus(request));
    }

    /** The node that is asked and others become a cluster; returns its id. */
    public String startCluster(List<NodeInfo> others, int shardCount) {
        StartClusterRequest.Builder request =
                StartClusterRequest.newBuilder().setShardCount(shardCount);
        others.forEach(node -> request.addNodes(ProtoMapping.of(node)));
        StartClusterResponse response =
                call(() -> cluster(SECONDS_MAX).startCluster(request.build()));
        Replies.check(response.getStatus());
        return response.getClusterId();
    }

    void nodeJoin(JoinOrder order) {
        Replies.check(
                call(() -> cluster(SECONDS_MAX).nodeJoin(ProtoMapping.of(order))).getStatus());
    }

    /** The map with the config of that number; the latest for -1. */
    public ClusterMap config(long number) {
        GetConfigRequest.Builder request = GetConfigRequest.newBuilder();
        if (number >= 0) {
            request.setNumber(number);
        }
        GetConfigResponse response = call(() -> master().getConfig(request.build()));
        Replies.check(response.getStatus());
        return ProtoMapping.from(response.getMap());
    }

    /**
     * @param newNodes members that the cluster may not know yet
     */
    public void join(GroupSpec group, List<NodeInfo> newNodes) {
        JoinRequest.Builder request = JoinRequest.newBuilder().addGroups(ProtoMapping.of(group));
        newNodes.forEach(node -> request.addNodes(ProtoMapping.of(node)));
        Replies.check(call(() -> master().join(request.build())).getStatus());
    }

    public void leave(List<Long> groupIds) {
        LeaveRequest request = LeaveRequest.newBuilder().addAllGroupIds(groupIds).build();
        Replies.check(call(() -> master().leave(request)).getStatus());
    }

    public void move(int shard, long groupId) {
        MoveRequest request = MoveRequest.newBuilder().setShard(shard).setGroupId(groupId).build();
        Replies.check(call(() -> master().move(request)).getStatus());
    }

    private ClusterGrpc.ClusterBlockingStub cluster(long seconds) {
        return ClusterGrpc.newBlockingStub(channel).withDeadlineAfter(seconds, TimeUnit.SECONDS);
    }

    private ShardMasterGrpc.ShardMasterBlockingStub master() {
        return ShardMasterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(SECONDS_MAX, TimeUnit.SECONDS);
    }

    private <T> T call(Supplier<T> work) {
        try {
            return work.get();
        } catch (StatusRuntimeException e) {
            io.grpc.Status.Code code = e.getStatus().getCode();
            if (code == io.grpc.Status.Code.UNAVAILABLE) {
                throw new ControlException(
                        Kind.UNREACHABLE,
                        "nobody answers at "
                                + address
                                + ": is the node running, and is that its --grpc-port?");
            }
            throw new ControlException(
                    Kind.OUTCOME_UNKNOWN, "the call to " + address + " failed: " + e.getStatus());
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
