package io.somekv.server.control;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Tells a node to host a replica of a group ("node join" of the group's Raft cluster). The same
 * order goes to all members.
 *
 * @param nodes at least all members of the group
 * @param group empty to make the cluster known to a node that is to host something later
 * @param map the newest cluster map of who gives the order; empty for the first group of all
 */
public record JoinOrder(
        UUID clusterId, List<NodeInfo> nodes, Optional<GroupSpec> group, Optional<ClusterMap> map) {
    public JoinOrder {
        nodes = List.copyOf(nodes);
    }

    /** Replicas 1, 2, 3 … of a new group, on these nodes in this order. */
    public static GroupSpec newGroup(long groupId, List<NodeInfo> nodes) {
        List<GroupSpec.Replica> replicas = new ArrayList<>();
        for (NodeInfo node : nodes) {
            replicas.add(new GroupSpec.Replica(replicas.size() + 1, node.nodeId()));
        }
        return new GroupSpec(groupId, replicas);
    }

    /** The node of that id. */
    NodeInfo node(long nodeId) {
        for (NodeInfo node : nodes) {
            if (node.nodeId() == nodeId) {
                return node;
            }
        }
        throw new ControlException(
                ControlException.Kind.INVALID, "node " + nodeId + " is a member and not described");
    }

    /** The group's members, each with the disk that its replica will be created on. */
    Membership membership(GroupSpec group) {
        List<Member> voters = new ArrayList<>();
        for (GroupSpec.Replica replica : group.replicas()) {
            voters.add(
                    new Member(
                            replica.replicaId(),
                            replica.nodeId(),
                            node(replica.nodeId()).storeId()));
        }
        return Membership.of(voters);
    }
}
