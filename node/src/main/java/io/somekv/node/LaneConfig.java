package io.somekv.node;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.protocol.command.ClientId;
import io.somekv.raft.RaftConfig;
import java.util.Set;
import java.util.UUID;

/**
 * What a lane is told when it is made.
 *
 * @param lane its number, from 0
 * @param laneCount groups live on lane {@code groupId mod laneCount}
 * @param nodeId of the node
 * @param storeId identity of the node's data folder
 * @param incarnation of this run of the process, from the shared log
 * @param identity random 128 bits drawn at this start: the lane's own client ids come from it
 * @param seed for election timeouts and jitter
 * @param firstStoreId larger than any store id in the node's shared log; lanes count up from it,
 *     each in steps of {@code laneCount}, so that none is given twice
 * @param care what the node does for the cluster's balance
 * @param askTimeoutNanos how long a plain client's request is tried before its outcome is unknown
 * @param pieceSize of a shard that is copied to another group, in bytes
 */
public record LaneConfig(
        int lane,
        int laneCount,
        long nodeId,
        UUID storeId,
        long incarnation,
        ClientId identity,
        long seed,
        long firstStoreId,
        RaftConfig raft,
        long askTimeoutNanos,
        int pieceSize,
        Set<Mutation> mutations,
        Care care) {
    /** Of one node: tokens have room for no more. */
    public static final int LANES_MAX = 1 << Tokens.LANE_BITS;

    /**
     * @param intervalNanos between two looks at the cluster, and between two reports of what a lane
     *     does; 0 for neither
     * @param zone nodes of one zone may be lost together; empty for none
     */
    public record Care(long intervalNanos, String zone) {
        public static final Care NONE = new Care(0, "");
    }

    public LaneConfig {
        Invariant.check(laneCount <= LANES_MAX, "a token has room for the lane", laneCount, lane);
        if (mutations.contains(Mutation.FORWARDER_ID_REUSED)) {
            identity =
                    new ClientId(
                            storeId.getMostSignificantBits(), storeId.getLeastSignificantBits());
        }
    }
}
