package io.somekv.protocol.config;

import java.util.List;

/** A replication group and its members as it was created; group 0 is the shard master. */
public record GroupSpec(long groupId, List<Replica> replicas) {
    /** The group of the shard master. */
    public static final long MASTER = 0;

    /**
     * @param replicaId never reused within the group
     */
    public record Replica(long replicaId, long nodeId) {}

    public GroupSpec {
        replicas = List.copyOf(replicas);
        if (replicas.isEmpty()) {
            throw new IllegalArgumentException("group " + groupId + " has no replica");
        }
    }
}
