package io.somekv.protocol.config;

import java.util.UUID;

/**
 * A node and where to reach it. Ids are stable; addresses may change.
 *
 * @param storeId identity of its data folder
 * @param peerPort nodes and Java clients (frames)
 * @param respPort Redis clients that know one node, whichever
 * @param grpcPort control, and clients of other languages
 * @param clusterPort Redis clients that know of the cluster
 */
public record NodeInfo(
        long nodeId,
        UUID storeId,
        String host,
        int peerPort,
        int respPort,
        int grpcPort,
        int clusterPort) {}
