package io.somekv.protocol.config;

import java.util.List;

/**
 * One version of the shard map. Config 0 has no groups.
 *
 * @param number counts the configs, from 0
 * @param groups ascending by group id
 * @param owners group id by shard; {@link #UNASSIGNED} where no group has it
 */
public record ShardConfig(long number, List<GroupSpec> groups, List<Long> owners) {
    /** In {@link #owners}: no group. Group 0 is the shard master, which never owns a shard. */
    public static final long UNASSIGNED = 0;

    public ShardConfig {
        groups = List.copyOf(groups);
        owners = List.copyOf(owners);
    }

    public int shardCount() {
        return owners.size();
    }

    public long owner(int shard) {
        return owners.get(shard);
    }
}
