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
 * @param lostAt config number for which it was given up or handed over when it was last owned here:
 *     no other group has owned it for a config between {@code ownedSince} and this one; 0 while it
 *     is owned, where it never was, and where that is not known
 * @param serving owned and not given up since
 * @param suspendedAt config number by which no group is to have it: it is kept, and served to
 *     nobody; 0 where it is not so
 * @param hasData a stamped write was executed since it was owned, whatever became of its keys: the
 *     duplicate record alone must move with the shard
 * @param generation that new rows are written under
 */
public record ShardStatus(
        int shard,
        long ownedSince,
        long givenUp,
        long lostAt,
        boolean serving,
        long suspendedAt,
        boolean hasData,
        long generation) {
    private static final int VERSION = 3;
    private static final int VERSION_BEFORE_LOST_AT = 2;
    private static final int VERSION_BEFORE_SUSPENSION = 1;

    static ShardStatus unknown(int shard) {
        return new ShardStatus(shard, 0, 0, 0, false, 0, false, 0);
    }

    ShardStatus withOwner(long sinceConfig) {
        return new ShardStatus(shard, sinceConfig, givenUp, 0, true, 0, hasData, generation);
    }

    /** Not owned any more, if it was, and not to be for a config up to that one. */
    ShardStatus withGivenUp(long config) {
        long lost = serving ? config : lostAt;
        long highest = Math.max(givenUp, config);
        return new ShardStatus(shard, ownedSince, highest, lost, false, 0, hasData, generation);
    }

    ShardStatus withData(boolean holdsData) {
        return new ShardStatus(
                shard, ownedSince, givenUp, lostAt, serving, suspendedAt, holdsData, generation);
    }

    ShardStatus withGeneration(long newGeneration) {
        return new ShardStatus(
                shard, ownedSince, givenUp, lostAt, serving, suspendedAt, hasData, newGeneration);
    }

    /** Whether it is owned, and served to nobody. */
    public boolean isSuspended() {
        return suspendedAt != 0;
    }

    /** From that config on; from 0 on for not any more. */
    ShardStatus withSuspension(long config) {
        return new ShardStatus(
                shard, ownedSince, givenUp, lostAt, serving, config, hasData, generation);
    }

    /** The shard whose row has this key. */
    static int shardOf(Bytes key) {
        return key.slice(key.size() - 2, 2).reader().u16();
    }

    Bytes encode() {
        return new ByteWriter(43)
                .u8(VERSION)
                .i64(ownedSince)
                .i64(givenUp)
                .i64(lostAt)
                .bool(serving)
                .i64(suspendedAt)
                .bool(hasData)
                .i64(generation)
                .toBytes();
    }

    static ShardStatus decode(int shard, Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version < VERSION_BEFORE_SUSPENSION || version > VERSION) {
            throw new MalformedException("a shard's row of a version not known here: " + version);
        }
        ShardStatus status =
                new ShardStatus(
                        shard,
                        reader.i64(),
                        reader.i64(),
                        version > VERSION_BEFORE_LOST_AT ? reader.i64() : 0,
                        reader.bool(),
                        version > VERSION_BEFORE_SUSPENSION ? reader.i64() : 0,
                        reader.bool(),
                        reader.i64());
        reader.end();
        return status;
    }
}
