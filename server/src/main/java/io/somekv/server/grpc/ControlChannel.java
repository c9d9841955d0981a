package io.somekv.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.grpc.ClusterGrpc;
import io.somekv.protocol.grpc.JoinRequest;
import io.somekv.protocol.grpc.LeaveRequest;
import io.somekv.protocol.grpc.MoveRequest;
import io.somekv.protocol.grpc.QueryRequest;
import io.somekv.protocol.grpc.ShardMasterGrpc;
import io.somekv.protocol.grpc.StartClusterRequest;
import io.somekv.protocol.grpc.StatusRequest;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.control.NodeReport;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A connection to the control door of one node. Calls block, and throw {@link ControlException}. */
public final class ControlChannel implements AutoCloseable {
    private static final long SECONDS_MAX = 60;
    private static final long REPORT_SECONDS_MAX = 10;

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
        int colon = address.lastIndexOf(':');
        try {
            String host = address.substring(0, Math.max(colon, 0));
            int port = Integer.parseInt(address.substring(colon + 1));
            if (host.isEmpty() || port < 1 || port > 65_535) {
                throw new NumberFormatException();
            }
            return new ControlChannel(
                    address, NettyChannelBuilder.forAddress(host, port).usePlaintext().build());
        } catch (NumberFormatException e) {
            throw new ControlException(
                    ControlException.Kind.INVALID, "'" + address + "' is no host:port");
        }
    }

    public NodeReport report(boolean digests) {
        StatusRequest request = StatusRequest.newBuilder().setDigests(digests).build();
        long seconds = digests ? SECONDS_MAX : REPORT_SECONDS_MAX;
        return call(() -> ProtoMapping.from(cluster(seconds).status(request)));
    }

    /** The nodes named and the one that is asked become a cluster. */
    public ClusterMap startCluster(List<String> others, int shardCount) {
        StartClusterRequest request =
                StartClusterRequest.newBuilder()
                        .addAllNodes(others)
                        .setShardCount(shardCount)
                        .build();
        return call(() -> ProtoMapping.from(cluster(SECONDS_MAX).startCluster(request)));
    }

    void nodeJoin(JoinOrder order) {
        call(() -> cluster(SECONDS_MAX).nodeJoin(ProtoMapping.of(order)));
    }

    public ClusterMap query(long config) {
        QueryRequest request = QueryRequest.newBuilder().setConfig(config).build();
        return call(() -> ProtoMapping.from(master().query(request)));
    }

    public ClusterMap join(long groupId, List<Long> nodeIds, List<String> newNodes) {
        JoinRequest request =
                JoinRequest.newBuilder()
                        .setGroupId(groupId)
                        .addAllNodeIds(nodeIds)
                        .addAllNewNodes(newNodes)
                        .build();
        return call(() -> ProtoMapping.from(master().join(request)));
    }

    public ClusterMap leave(List<Long> groupIds) {
        LeaveRequest request = LeaveRequest.newBuilder().addAllGroupIds(groupIds).build();
        return call(() -> ProtoMapping.from(master().leave(request)));
    }

    public ClusterMap move(int shard, long groupId) {
        MoveRequest request = MoveRequest.newBuilder().setShard(shard).setGroupId(groupId).build();
        return call(() -> ProtoMapping.from(master().move(request)));
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
            throw Replies.failure(address, e);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
