package io.somekv.protocol.frame;

/**
 * How a node's disk stands (DESIGN §10).
 *
 * @param isNearlyFull no more is free than what the node keeps for its own work
 * @param freeBytes for the node to use
 */
public record DiskRoom(boolean isNearlyFull, long freeBytes) {
    /** Before anybody has looked. */
    public static final DiskRoom PLENTY = new DiskRoom(false, Long.MAX_VALUE);
}
