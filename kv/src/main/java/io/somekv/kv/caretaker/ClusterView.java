package io.somekv.kv.caretaker;

import io.somekv.protocol.caretaker.NodeUse;
import java.util.List;

/**
 * What the caretaker sees of a cluster at one moment.
 *
 * @param nodes ascending by id
 * @param groups ascending by id; group 0, the shard master, among them, and those that leave
 * @param shards by number
 */
public record ClusterView(List<Node> nodes, List<Group> groups, List<Shard> shards) {
    public ClusterView {
        nodes = List.copyOf(nodes);
        groups = List.copyOf(groups);
        shards = List.copyOf(shards);
    }

    /**
     * @param zone nodes of one zone may be lost together
     * @param silentMillis since it was last heard of
     * @param knownMillis since it was first heard of, without a longer silence in between
     * @param use what somebody wants to become of it
     * @param hasRoom its disk is not nearly full
     */
    public record Node(
            long nodeId,
            String zone,
            long silentMillis,
            long knownMillis,
            NodeUse.Kind use,
            boolean hasRoom) {}

    /**
     * @param replicas those that vote, and those that are to
     * @param leaderNode 0 where none is known, and then nothing can be done about the group
     * @param ledMillis for how long it leads
     * @param isChanging its members, or its leader, are about to be others
     * @param isLeaving it is to have no shard, and still has some
     */
    public record Group(
            long groupId,
            List<Replica> replicas,
            long leaderNode,
            long ledMillis,
            boolean isChanging,
            boolean isLeaving) {
        public Group {
            replicas = List.copyOf(replicas);
        }
    }

    /**
     * @param votes false for one that only listens, and will vote once it has the log
     */
    public record Replica(long nodeId, boolean votes) {}

    /**
     * @param groupId that is to own it; 0 for none
     * @param opsPerSecond over about a minute
     * @param bytes on one replica's disk
     * @param isMoving it is not yet served by the group that is to own it
     * @param isHeld somebody pinned it there, or it came only lately
     */
    public record Shard(
            long groupId, long opsPerSecond, long bytes, boolean isMoving, boolean isHeld) {
        boolean mayMove() {
            return !isMoving && !isHeld;
        }
    }
}
