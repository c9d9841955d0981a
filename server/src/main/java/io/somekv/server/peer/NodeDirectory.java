package io.somekv.server.peer;

import io.somekv.protocol.config.NodeInfo;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Which cluster this node is in, and where the other nodes are. Thread-safe: readers see a whole
 * state.
 */
public final class NodeDirectory {
    /** Stands for "in no cluster" on the wire. */
    public static final UUID NO_CLUSTER = new UUID(0, 0);

    private record State(UUID clusterId, SortedMap<Long, NodeInfo> nodes) {}

    private volatile State state = new State(NO_CLUSTER, new TreeMap<>());

    public UUID clusterId() {
        return state.clusterId;
    }

    public boolean inCluster() {
        return !state.clusterId.equals(NO_CLUSTER);
    }

    /** All nodes known, ascending by id. */
    public List<NodeInfo> nodes() {
        return List.copyOf(state.nodes.values());
    }

    public Optional<NodeInfo> find(long nodeId) {
        return Optional.ofNullable(state.nodes.get(nodeId));
    }

    /** Takes over what is newer: nodes not known before, and new addresses of those that are. */
    public synchronized void learn(UUID clusterId, List<NodeInfo> nodes) {
        SortedMap<Long, NodeInfo> merged = new TreeMap<>(state.nodes);
        for (NodeInfo node : nodes) {
            merged.put(node.nodeId(), node);
        }
        state = new State(clusterId, merged);
    }
}
