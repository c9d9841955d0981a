package io.somekv.protocol.config;

import java.util.List;

/**
 * How shards with data may move (DESIGN §7), for all groups and changed while they do.
 *
 * @param transfersMax shards that one group takes in at a time
 * @param bytesPerSecondMax that one node's lane copies and compares of rows, of all its moves
 *     together; what changed meanwhile is copied faster where clients wait for it
 * @param isPaused nothing is copied; what is handed over already is finished
 * @param pausedShards nothing of these is copied, ascending
 */
public record MoveSettings(
        int transfersMax, long bytesPerSecondMax, boolean isPaused, List<Integer> pausedShards) {
    public static final int TRANSFERS_MAX_MAX = 64;
    public static final long BYTES_PER_SECOND_MIN = 64 << 10;

    public static final MoveSettings DEFAULT = new MoveSettings(2, 64L << 20, false, List.of());

    public MoveSettings {
        pausedShards = List.copyOf(pausedShards);
    }

    public boolean isPaused(int shard) {
        return isPaused || pausedShards.contains(shard);
    }
}
