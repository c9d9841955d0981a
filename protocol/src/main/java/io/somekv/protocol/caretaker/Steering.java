package io.somekv.protocol.caretaker;

import java.util.UUID;

/**
 * What the caretaker asks of the leader of a group. Nobody answers: what came of it shows in the
 * next reports, and what got lost is asked again.
 */
public sealed interface Steering {
    /**
     * @param storeId of the disk there
     * @param replacesNode whose voter leaves in the same step; 0 for none
     */
    record Add(long toNode, UUID storeId, long replacesNode) implements Steering {}

    /**
     * The replica on a node goes; of two the one that only listens, so that none votes less. A node
     * that lost its disk has two until the new one votes in the place of the other.
     */
    record Remove(long fromNode) implements Steering {}

    /** The replica on a node is to lead. */
    record HandOver(long toNode) implements Steering {}
}
