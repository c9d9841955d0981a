package io.somekv.protocol.config;

/**
 * Who has served a shard last, as far as the shard master was told: who is to have it by the newest
 * config may still be on the way to it.
 *
 * @param config from which on the group owns the shard; 0 for none yet
 * @param groupId that owns it; {@link ShardConfig#UNASSIGNED} for none yet
 */
public record Served(long config, long groupId) {
    /** No group has ever said that it owns the shard. */
    public static final Served NOT_YET = new Served(0, ShardConfig.UNASSIGNED);
}
