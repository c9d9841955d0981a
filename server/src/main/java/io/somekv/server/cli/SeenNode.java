package io.somekv.server.cli;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.GetStatusResponse;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import io.somekv.server.grpc.ProtoMapping;
import java.util.List;
import java.util.Optional;

/**
 * One node and what it said.
 *
 * @param node as the cluster knows it
 * @param status empty where it did not answer
 */
record SeenNode(NodeInfo node, Optional<GetStatusResponse> status) {
    static SeenNode ask(NodeInfo node, boolean digests) {
        try (ControlChannel channel = ControlChannel.to(node.host() + ":" + node.grpcPort())) {
            return new SeenNode(
                    node,
                    Optional.of(
                            digests
                                    ? channel.status(true)
                                    : channel.status(NodeOption.PROBE_MILLIS)));
        } catch (ControlException e) {
            return new SeenNode(node, Optional.empty());
        }
    }

    long nodeId() {
        return node.nodeId();
    }

    boolean answers() {
        return status.isPresent();
    }

    /** Whether its map has that node with that data folder; true for one that does not answer. */
    boolean hasHeardOf(NodeInfo other) {
        return status.isEmpty()
                || status.get().getMap().getNodesList().stream()
                        .map(ProtoMapping::from)
                        .anyMatch(known ->
                                known.nodeId() == other.nodeId()
                                        && known.storeId().equals(other.storeId()));
    }

    List<ReplicaStatus> replicas() {
        return status.map(GetStatusResponse::getReplicasList).orElse(List.of());
    }

    Optional<ReplicaStatus> replica(long groupId) {
        return replicas().stream().filter(found -> found.getGroupId() == groupId).findFirst();
    }

    /** Whether it answers, and runs on another disk than that one: it is not who it was. */
    boolean isOnAnotherDiskThan(String storeId) {
        return status.filter(said -> !said.getNode().getStoreId().equals(storeId)).isPresent();
    }

    /** For a node that does: what that is, and what to do. */
    String otherDisk() {
        return "on another%s disk: somekv node replace %d %s:%d"
                .formatted(
                        replicas().isEmpty() ? " (empty)" : "",
                        nodeId(),
                        node.host(),
                        status.map(said -> said.getNode().getGrpcPort()).orElse(node.grpcPort()));
    }

    /** Empty for none, and where it does not answer. */
    String zone() {
        return status.map(GetStatusResponse::getZone).orElse("");
    }

    /** How it is, for the table. */
    String state(boolean isOnAnotherDisk) {
        if (status.isEmpty()) {
            return "no answer";
        }
        String full =
                status.get().getDiskNearlyFull()
                        ? ", disk nearly full: "
                                + (status.get().getDiskFreeBytes() >> 20)
                                + " MiB free"
                        : "";
        String where = zone().isEmpty() ? "" : ", zone " + zone();
        return "up" + where + full + (isOnAnotherDisk ? ", " + otherDisk() : "");
    }
}
