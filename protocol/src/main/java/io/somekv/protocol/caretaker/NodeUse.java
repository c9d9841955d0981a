package io.somekv.protocol.caretaker;

/**
 * What somebody wants to become of a node, where it is not as usual.
 *
 * @param nodeId ids count from 1
 */
public record NodeUse(long nodeId, Kind kind) {
    /** How a node is used. */
    public enum Kind {
        /** As usual. */
        OPEN,
        /** Nothing new comes to it, and the caretaker takes nothing off it: somebody else does. */
        CLOSED,
        /** Nothing new comes to it, and the caretaker empties it. */
        DRAINING
    }
}
