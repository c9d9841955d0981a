package io.somekv.node;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.ShardConfig;
import io.somekv.raft.Now;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which shards this lane's map has shown at one group for so long that whoever else goes by a fresh
 * map sees them there, or where they went later. Of two nodes that send a client on, the second
 * therefore never goes by older news than the first (docs/decisions/0012).
 */
final class SettledShards {
    /** A map that was read before that is too old to go by; one is read every second. */
    private static final long FRESH_NANOS = 2_000_000_000L;

    /**
     * More than {@link #FRESH_NANOS}: what clocks that run at different speeds need is far less.
     */
    private static final long SETTLED_NANOS = 2_500_000_000L;

    private @Nullable ClusterMap seen;
    private long[] groups = new long[0];
    private long[] sinceNanos = new long[0];
    private long nowNanos;
    private boolean isFresh;

    /**
     * @param readNanos a moment before that map was read at the shard master
     */
    void look(Now now, Optional<ClusterMap> map, Optional<Long> readNanos) {
        nowNanos = now.nanos();
        isFresh = readNanos.isPresent() && nowNanos - readNanos.get() < FRESH_NANOS;
        if (map.isPresent() && !map.get().equals(seen)) {
            learn(map.get());
        }
    }

    private void learn(ClusterMap map) {
        seen = map;
        int count = map.config().shardCount();
        if (groups.length != count) {
            groups = new long[count];
            sinceNanos = new long[count];
            Arrays.fill(sinceNanos, nowNanos);
        }
        for (int shard = 0; shard < count; shard++) {
            long group = restsAt(map, shard);
            if (groups[shard] != group) {
                groups[shard] = group;
                sinceNanos[shard] = nowNanos;
            }
        }
    }

    /** Nobody's while it is on its way. */
    private static long restsAt(ClusterMap map, int shard) {
        long owner = map.config().owner(shard);
        long serving = map.served(shard).groupId();
        boolean rests = serving == owner || serving == ShardConfig.UNASSIGNED;
        return rests ? owner : ShardConfig.UNASSIGNED;
    }

    boolean isSettled(int shard, long group) {
        return isFresh
                && shard < groups.length
                && groups[shard] == group
                && nowNanos - sinceNanos[shard] >= SETTLED_NANOS;
    }
}
