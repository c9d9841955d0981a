package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;

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
    private static final int VERSION = 1;

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

    /** The shard whose row has this key. */
    static int shardOf(Bytes key) {
        return key.slice(key.size() - 2, 2).reader().u16();
    }

    Bytes encode() {
        return new ByteWriter(27)
                .u8(VERSION)
                .i64(ownedSince)
                .i64(givenUp)
                .bool(serving)
                .bool(hasData)
                .i64(generation)
                .toBytes();
    }

    static ShardStatus decode(int shard, Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("a shard's row of a version not known here: " + version);
        }
        ShardStatus status =
                new ShardStatus(
                        shard,
                        reader.i64(),
                        reader.i64(),
                        reader.bool(),
                        reader.bool(),
                        reader.i64());
        reader.end();
        return status;
    }
}
