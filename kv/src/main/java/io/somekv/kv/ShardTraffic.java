package io.somekv.kv;

import java.util.Arrays;

/**
 * Counts what is asked of each shard on one replica, for whoever evens out load. No state of the
 * group: each replica counts what it executes, from 0 when it starts.
 */
final class ShardTraffic {
    private long[] counts = new long[0];
    private long total;

    void count(int shard) {
        if (shard >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(shard + 1, 2 * counts.length));
        }
        counts[shard]++;
        total++;
    }

    long of(int shard) {
        return shard < counts.length ? counts[shard] : 0;
    }

    long total() {
        return total;
    }
}
