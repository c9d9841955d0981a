package io.somekv.raft;

/**
 * What a replica must remember across a crash besides its log (Raft figure 2).
 *
 * @param votedFor replica id voted for in {@code term}; 0 for none
 * @param commit a lower bound of the commit index; saves work after a restart, safety needs none
 */
public record HardState(long term, long votedFor, long commit) {
    public static final HardState INITIAL = new HardState(0, 0, 0);
}
