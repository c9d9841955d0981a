package io.somekv.node;

import io.somekv.raft.Member;
import io.somekv.raft.Message;
import io.somekv.raft.RaftReplica;
import java.util.TreeMap;

/**
 * Which node hosts which replica of a group: as the membership says, and where that does not know a
 * replica yet, as its messages show.
 */
final class MemberNodes {
    /** More than that many join in one go only where something is wrong. */
    private static final int STRANGERS_MAX = 32;

    private final RaftReplica replica;
    private final TreeMap<Long, Long> strangers = new TreeMap<>();

    MemberNodes(RaftReplica replica) {
        this.replica = replica;
    }

    /** 0 for a replica that is not known, and for replica 0. */
    long nodeOf(long replicaId) {
        return replica.membership()
                .find(replicaId)
                .map(Member::nodeId)
                .orElseGet(() -> strangers.getOrDefault(replicaId, 0L));
    }

    /** Whether {@code message}, which {@code fromNode} sent, can be of the replica it names. */
    boolean isPlausible(long fromNode, Message message) {
        long known = nodeOf(message.from());
        if (known != 0) {
            return known == fromNode;
        }
        if (strangers.size() == STRANGERS_MAX) {
            strangers.clear();
        }
        strangers.put(message.from(), fromNode);
        return true;
    }
}
