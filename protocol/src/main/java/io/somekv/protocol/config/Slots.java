package io.somekv.protocol.config;

import io.somekv.base.Bytes;

/**
 * Where a key lives: slot = CRC16 of the key, or of its {@code {tag}}, mod 16384, as in Redis
 * Cluster; a shard is a run of slots.
 */
public final class Slots {
    public static final int COUNT = 16_384;

    /** CRC-16/XMODEM: polynomial 0x1021, start 0. */
    private static final int[] CRC_TABLE = table();

    private Slots() {}

    public static int slotOf(Bytes key) {
        Bytes hashed = tagOf(key);
        int crc = 0;
        for (int i = 0; i < hashed.size(); i++) {
            crc = (crc << 8 ^ CRC_TABLE[(crc >> 8 ^ hashed.at(i)) & 0xff]) & 0xffff;
        }
        return crc % COUNT;
    }

    public static int shardOf(Bytes key, int shardCount) {
        return shardOfSlot(slotOf(key), shardCount);
    }

    public static int shardOfSlot(int slot, int shardCount) {
        return slot * shardCount / COUNT;
    }

    /** The first slot of a shard; of the shard behind the last one, {@link #COUNT}. */
    public static int firstOfShard(int shard, int shardCount) {
        return (shard * COUNT + shardCount - 1) / shardCount;
    }

    /** What stands between the first brace and the next closing one, if that is not empty. */
    private static Bytes tagOf(Bytes key) {
        for (int open = 0; open < key.size(); open++) {
            if (key.at(open) == '{') {
                for (int close = open + 1; close < key.size(); close++) {
                    if (key.at(close) == '}') {
                        return close == open + 1 ? key : key.slice(open + 1, close - open - 1);
                    }
                }
                return key;
            }
        }
        return key;
    }

    private static int[] table() {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
            table[i] = crc & 0xffff;
        }
        return table;
    }
}
