package io.somekv.raft;

import java.util.UUID;

/**
 * One replica of a group.
 *
 * @param replicaId never reused within its group: remove and add again gives a new one
 * @param nodeId the node that hosts it
 * @param storeId identity of the disk that the replica was created on: a node whose disk has
 *     another one (blank, foreign) does not speak for this replica
 */
public record Member(long replicaId, long nodeId, UUID storeId) {}
