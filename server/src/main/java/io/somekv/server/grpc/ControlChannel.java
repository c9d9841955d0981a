package io.somekv.server.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.CaretakerState;
import io.somekv.protocol.caretaker.NodeUse;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveTuning;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.AddNodeRequest;
import io.somekv.protocol.v1.AddNodeResponse;
import io.somekv.protocol.v1.ClusterGrpc;
import io.somekv.protocol.v1.GetCaretakerRequest;
import io.somekv.protocol.v1.GetCaretakerResponse;
import io.somekv.protocol.v1.GetConfigRequest;
import io.somekv.protocol.v1.GetConfigResponse;
import io.somekv.protocol.v1.GetStatusRequest;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.JoinRequest;
import io.somekv.protocol.v1.LeaveRequest;
import io.somekv.protocol.v1.MoveRequest;
import io.somekv.protocol.v1.RemoveNodeRequest;
import io.somekv.protocol.v1.ShardMasterGrpc;
import io.somekv.protocol.v1.StartClusterRequest;
import io.somekv.protocol.v1.StartClusterResponse;
import io.somekv.protocol.v1.TransferLeadershipRequest;
import io.somekv.protocol.v1.TuneCaretakerRequest;
import io.somekv.protocol.v1.TuneMovesRequest;
import io.somekv.protocol.v1.UseNodeRequest;
import io.somekv.raft.MembershipChange;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.ControlException.Kind;
import io.somekv.server.control.JoinOrder;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A connection to the control door of one node. Calls block, and throw {@link ControlException}.
 */
public final class ControlChannel implements AutoCloseable {
    private static final long MILLIS_MAX = 60_000;
    private static final long STATUS_MILLIS_MAX = 10_000;

    /** Creating a group on its nodes takes so long at most. */
    private static final long JOIN_MILLIS = 1_000;

    private final String address;
    private final ManagedChannel channel;

    /** Whatever is at the address has spoken as a gRPC server does. */
    private volatile boolean spoken;

    private ControlChannel(String address, ManagedChannel channel) {
        this.address = address;
        this.channel = channel;
        watch();
    }

    private void watch() {
        ConnectivityState state = channel.getState(false);
        if (state == ConnectivityState.READY) {
            spoken = true;
        }
        if (state != ConnectivityState.SHUTDOWN) {
            channel.notifyWhenStateChanged(state, this::watch);
        }
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
                return new NodeInfo(0, new UUID(0, 0), address.substring(0, colon), 0, 0, port, 0);
            }
        } catch (NumberFormatException e) {
            // Said below, with what is no number for the other reasons.
        }
        throw new ControlException(Kind.INVALID, "'" + address + "' is no host:port");
    }

    /** What the node knows of itself and its replicas. */
    public GetStatusResponse status(boolean digests) {
        return status(digests, digests ? MILLIS_MAX : STATUS_MILLIS_MAX);
    }

    /** The same without digests, and with less patience. */
    public GetStatusResponse status(long millisMax) {
        return status(false, millisMax);
    }

    private GetStatusResponse status(boolean digests, long millisMax) {
        GetStatusRequest request = GetStatusRequest.newBuilder().setDigests(digests).build();
        return call(() -> cluster(millisMax).getStatus(request));
    }

    /** The node that is asked and others become a cluster; returns its id. */
    public String startCluster(List<NodeInfo> others, int shardCount) {
        StartClusterRequest.Builder request =
                StartClusterRequest.newBuilder().setShardCount(shardCount);
        others.forEach(node -> request.addNodes(ProtoMapping.of(node)));
        StartClusterResponse response =
                call(() -> cluster(MILLIS_MAX).startCluster(request.build()));
        Replies.check(response.getStatus());
        return response.getClusterId();
    }

    void nodeJoin(JoinOrder order) {
        Replies.check(call(() -> cluster(MILLIS_MAX).nodeJoin(ProtoMapping.of(order))).getStatus());
    }

    /**
     * Has another node lead a group that the node asked leads; returns once that has begun.
     *
     * @param toNode 0 for the one that has most of the log
     */
    public void transferLeadership(long groupId, long toNode) {
        TransferLeadershipRequest request =
                TransferLeadershipRequest.newBuilder()
                        .setGroupId(groupId)
                        .setToNode(toNode)
                        .build();
        Replies.check(
                call(() -> cluster(STATUS_MILLIS_MAX).transferLeadership(request)).getStatus());
    }

    /** Has a member join or leave a group that the node asked leads; returns once committed. */
    public void changeMembers(long groupId, MembershipChange change) {
        Replies.check(
                call(() -> cluster(MILLIS_MAX).changeMembers(ProtoMapping.of(groupId, change)))
                        .getStatus());
    }

    /** Makes the node at an address known to the cluster, and the cluster to it. */
    public NodeInfo addNode(String newAddress) {
        AddNodeRequest request =
                AddNodeRequest.newBuilder().setNode(ProtoMapping.of(nodeAt(newAddress))).build();
        AddNodeResponse response = call(() -> cluster(MILLIS_MAX).addNode(request));
        Replies.check(response.getStatus());
        return ProtoMapping.from(response.getNode());
    }

    /** Has the cluster forget a node that has no replica. */
    public void removeNode(long nodeId) {
        RemoveNodeRequest request = RemoveNodeRequest.newBuilder().setNodeId(nodeId).build();
        Replies.check(call(() -> cluster(MILLIS_MAX).removeNode(request)).getStatus());
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
    public void join(List<GroupSpec> groups, List<NodeInfo> newNodes) {
        JoinRequest.Builder request = JoinRequest.newBuilder();
        groups.forEach(group -> request.addGroups(ProtoMapping.of(group)));
        newNodes.forEach(node -> request.addNodes(ProtoMapping.of(node)));
        long millis = MILLIS_MAX + JOIN_MILLIS * groups.size();
        Replies.check(call(() -> master(millis).join(request.build())).getStatus());
    }

    public void leave(List<Long> groupIds) {
        LeaveRequest request = LeaveRequest.newBuilder().addAllGroupIds(groupIds).build();
        Replies.check(call(() -> master().leave(request)).getStatus());
    }

    public void move(int shard, long groupId) {
        MoveRequest request = MoveRequest.newBuilder().setShard(shard).setGroupId(groupId).build();
        Replies.check(call(() -> master().move(request)).getStatus());
    }

    public void tuneMoves(MoveTuning tuning) {
        TuneMovesRequest request = ProtoMapping.of(tuning);
        Replies.check(call(() -> master().tuneMoves(request)).getStatus());
    }

    /** What the caretaker may do, and its newest decisions. */
    public CaretakerState caretaker(int decisionsMax) {
        GetCaretakerRequest request =
                GetCaretakerRequest.newBuilder().setDecisionsMax(decisionsMax).build();
        GetCaretakerResponse response = call(() -> master().getCaretaker(request));
        Replies.check(response.getStatus());
        return CaretakerMapping.from(response);
    }

    /** By which rules the caretaker decides from now on. */
    public void tuneCaretaker(CaretakerSettings settings) {
        TuneCaretakerRequest request =
                TuneCaretakerRequest.newBuilder()
                        .setSettings(CaretakerMapping.of(settings))
                        .build();
        Replies.check(call(() -> master().tuneCaretaker(request)).getStatus());
    }

    /** How a node is to be used from now on. */
    public void useNode(NodeUse use) {
        UseNodeRequest request =
                UseNodeRequest.newBuilder().setUse(CaretakerMapping.of(use)).build();
        Replies.check(call(() -> master().useNode(request)).getStatus());
    }

    private ClusterGrpc.ClusterBlockingStub cluster(long millis) {
        return ClusterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
    }

    private ShardMasterGrpc.ShardMasterBlockingStub master() {
        return master(MILLIS_MAX);
    }

    private ShardMasterGrpc.ShardMasterBlockingStub master(long millis) {
        return ShardMasterGrpc.newBlockingStub(channel)
                .withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
    }

    private <T> T call(Supplier<T> work) {
        try {
            return work.get();
        } catch (StatusRuntimeException e) {
            throw exception(e);
        }
    }

    /** A call that was never taken was not carried out; of any other, nobody knows. */
    private ControlException exception(StatusRuntimeException e) {
        boolean late = e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED;
        if (spoken) {
            return new ControlException(
                    Kind.OUTCOME_UNKNOWN,
                    late
                            ? "the node at " + address + " did not answer in time"
                            : "the call to "
                                    + address
                                    + " failed: "
                                    + e.getStatus().getCode()
                                    + ", "
                                    + e.getStatus().getDescription());
        } else if (hasCause(e, UnknownHostException.class)) {
            return new ControlException(Kind.UNREACHABLE, "there is no host at " + address);
        } else if (late || hasCause(e, SocketException.class)) {
            return new ControlException(
                    Kind.UNREACHABLE,
                    "nobody answers at "
                            + address
                            + ": is the node running, and is that its --grpc-port?");
        }
        return new ControlException(
                Kind.UNREACHABLE,
                "what listens at "
                        + address
                        + " is no control port; is it another port of the node? Its --grpc-port is"
                        + " wanted here ('somekv cluster status' shows it under CONTROL)");
    }

    private static boolean hasCause(Throwable e, Class<?> kind) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
