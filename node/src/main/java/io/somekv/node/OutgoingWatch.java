package io.somekv.node;

import io.somekv.kv.Outgoing;
import io.somekv.raft.Now;
import java.util.TreeMap;

/**
 * How long the shards that leave a group have been as they are, as far as its leader has seen.
 * Several copies of one shard may be there: some handed over and not yet released, and at most one
 * behind them that is copied or frozen.
 */
final class OutgoingWatch {
    /**
     * A target that is there needs milliseconds. What clients ask for meanwhile is held for a
     * quarter of a second.
     */
    private static final long FREEZE_NANOS = 150_000_000L;

    /** Each freeze that ended in vain lets the next one of that copy last twice as long. */
    private static final int FREEZE_DOUBLINGS_MAX = 6;

    /** So long a freeze lasts at most, but for the duplicate table. */
    static final long FREEZE_MILLIS_MAX = (FREEZE_NANOS << FREEZE_DOUBLINGS_MAX) / 1_000_000;

    /** Of the duplicate table, which is copied under the freeze. */
    private static final long BYTES_PER_MILLISECOND = 16 << 10;

    /**
     * Without another piece for so long a copy is left alone: paused, or its target is away. At the
     * slowest pace that can be set a piece with the largest value takes half as long.
     */
    private static final long LEFT_ALONE_NANOS = 600_000_000_000L;

    /** Who has not looked for so long may not have led meanwhile: it begins anew. */
    private static final long LOOKS_NANOS_MAX = 2_000_000_000L;

    private final TreeMap<Integer, Frozen> frozenByShard = new TreeMap<>();
    private final TreeMap<Integer, Copied> copiedByShard = new TreeMap<>();
    private long lookedNanos;

    /** Since when this leader knows of a freeze, and how many of that copy ended in vain. */
    private record Frozen(long copyId, long freezeId, long sinceNanos, int inVain) {}

    /** Since when no more pieces of a copy were read. */
    private record Copied(long copyId, long pieces, long sinceNanos) {}

    /** To be called first whenever the leader looks. */
    void look(Now now) {
        if (now.nanos() - lookedNanos > LOOKS_NANOS_MAX) {
            frozenByShard.clear();
            copiedByShard.clear();
        }
        lookedNanos = now.nanos();
    }

    /**
     * Whether a freeze is to end.
     *
     * @param duplicateBytes of the duplicate table, that go with the shard
     */
    boolean isFrozenTooLong(Now now, Outgoing move, long duplicateBytes) {
        Frozen known = frozenByShard.get(move.shard());
        boolean isOfCopy = known != null && known.copyId == move.copyId();
        if (known == null || !isOfCopy || known.freezeId != move.freezeId()) {
            int inVain = known != null && isOfCopy ? known.inVain + 1 : 0;
            frozenByShard.put(
                    move.shard(), new Frozen(move.copyId(), move.freezeId(), now.nanos(), inVain));
            return false;
        }
        long limit =
                (FREEZE_NANOS << Math.min(known.inVain, FREEZE_DOUBLINGS_MAX))
                        + duplicateBytes / BYTES_PER_MILLISECOND * 1_000_000;
        return now.nanos() - known.sinceNanos > limit;
    }

    /**
     * Whether nobody goes on with a copy.
     *
     * @param pieces of the shard that were read so far
     */
    boolean isLeftAlone(Now now, Outgoing move, long pieces) {
        Copied known = copiedByShard.get(move.shard());
        if (known == null || known.copyId != move.copyId() || known.pieces != pieces) {
            copiedByShard.put(move.shard(), new Copied(move.copyId(), pieces, now.nanos()));
            return false;
        }
        return now.nanos() - known.sinceNanos > LEFT_ALONE_NANOS;
    }

    /** Nothing of this copy is waited for any more; another one of the shard may be. */
    void handedOver(Outgoing move) {
        Frozen frozen = frozenByShard.get(move.shard());
        if (frozen != null && frozen.copyId == move.copyId()) {
            frozenByShard.remove(move.shard());
        }
        Copied copied = copiedByShard.get(move.shard());
        if (copied != null && copied.copyId == move.copyId()) {
            copiedByShard.remove(move.shard());
        }
    }
}
