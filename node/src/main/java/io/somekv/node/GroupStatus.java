package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.kv.ShardView;
import io.somekv.raft.Membership;
import io.somekv.raft.Now;
import io.somekv.raft.ReplicaStatus;
import java.util.List;

/**
 * A look at one group's replica on a node.
 *
 * @param isChanging whether a change of its members is under way
 * @param leaderNode node of the leader it follows; 0 when it knows none
 * @param applied applied by the state machine
 * @param duplicateTableBytes of memory in which it remembers what clients have asked, by which a
 *     retry is recognised
 * @param shards what it knows of shards it owns or owned, and of those on their way
 * @param awaitingTime shards on their way to a group that this replica leads which wait until its
 *     log time is near theirs
 */
public record GroupStatus(
        long groupId,
        Membership membership,
        boolean isChanging,
        ReplicaStatus replica,
        long leaderNode,
        long applied,
        long duplicateTableBytes,
        ShardView shards,
        List<Integer> awaitingTime) {
    public GroupStatus {
        awaitingTime = List.copyOf(awaitingTime);
    }

    static GroupStatus of(GroupHost host, Now now, List<Integer> awaitingTime) {
        boolean hasShards = host.machine() instanceof KvMachine;
        return new GroupStatus(
                host.groupId(),
                host.membership(),
                host.isChanging(),
                host.status(now),
                host.leaderNode(),
                host.machine().appliedIndex(),
                LaneGauges.duplicateTableBytes(host),
                hasShards ? ((KvMachine) host.machine()).shardView() : ShardView.EMPTY,
                awaitingTime);
    }
}
