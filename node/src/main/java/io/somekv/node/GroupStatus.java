package io.somekv.node;

import io.somekv.kv.ShardView;
import io.somekv.raft.Membership;
import io.somekv.raft.ReplicaStatus;

/**
 * A look at one group's replica on a node.
 *
 * @param isChanging whether a change of its members is under way
 * @param leaderNode node of the leader it follows; 0 when it knows none
 * @param applied applied by the state machine
 * @param shards what it knows of shards it owns or owned, and of those on their way
 */
public record GroupStatus(
        long groupId,
        Membership membership,
        boolean isChanging,
        ReplicaStatus replica,
        long leaderNode,
        long applied,
        ShardView shards) {}
