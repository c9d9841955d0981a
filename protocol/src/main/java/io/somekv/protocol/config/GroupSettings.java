package io.somekv.protocol.config;

/**
 * What apply judges by: replicated state, because replicas that judged by settings of their own
 * would drift apart.
 *
 * @param shardCount how many shards the cluster has, fixed when it starts
 * @param valueSizeMax in bytes
 * @param sequenceWindow how far above its floor a client's sequences may run
 * @param featureLevel raised by an entry once all members can read what it allows
 */
public record GroupSettings(
        int shardCount, int valueSizeMax, int sequenceWindow, int featureLevel) {
    public static final int KEY_SIZE_MAX = 64 << 10;

    public static GroupSettings defaults(int shardCount) {
        return new GroupSettings(shardCount, 16 << 20, 16 << 10, 1);
    }
}
