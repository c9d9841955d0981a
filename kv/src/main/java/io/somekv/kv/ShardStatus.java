package io.somekv.kv;

/**
 * What a group knows of one shard, for routing and for the driver of shard ownership.
 *
 * @param ownedSince config number at which it was last owned here; 0 for never
 * @param givenUp highest config number for which this group promised not to own it
 * @param serving owned and not given up since
 * @param hasData a stamped write was executed since it was owned, whatever became of its keys: the
 *     duplicate record alone must move with the shard
 * @param generation that new rows are written under
 */
public record ShardStatus(
        int shard,
        long ownedSince,
        long givenUp,
        boolean serving,
        boolean hasData,
        long generation) {

    ShardStatus withOwner(long sinceConfig) {
        return new ShardStatus(shard, sinceConfig, givenUp, true, hasData, generation);
    }

    ShardStatus withGivenUp(long config) {
        return new ShardStatus(shard, ownedSince, config, false, hasData, generation);
    }

    ShardStatus withData(boolean holdsData) {
        return new ShardStatus(shard, ownedSince, givenUp, serving, holdsData, generation);
    }

    ShardStatus withGeneration(long newGeneration) {
        return new ShardStatus(shard, ownedSince, givenUp, serving, hasData, newGeneration);
    }
}
