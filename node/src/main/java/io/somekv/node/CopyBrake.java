package io.somekv.node;

import io.somekv.kv.ShardRows;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Now;
import java.util.TreeMap;

/**
 * Keeps writes to a shard that is copied from outrunning the copying (DESIGN §7.2), on the leader
 * of the group that it is copied from. Once all rows are copied, and while many changes are left,
 * each piece that is read lets half as many writes through as it holds: whatever the pace of
 * either, fewer are left after each piece. Nobody waits where writes come less than half as fast.
 *
 * <p>Where no piece is read any more, nobody waits for one.
 */
final class CopyBrake {
    /** Without a piece for so long nobody waits; longer where pieces come slowly. */
    private static final long SILENT_NANOS_MAX = 200_000_000L;

    private static final int SILENT_INTERVALS_MAX = 4;

    private final TreeMap<Integer, Pace> paceByShard = new TreeMap<>();
    private final TreeMap<Integer, Long> piecesByShard = new TreeMap<>();

    private static final class Pace {
        long readNanos;
        long silentNanosMax = SILENT_NANOS_MAX;

        /** What may pass before the next piece, counted in halves of a write. */
        long halves;
    }

    /** The next piece of a shard was read, to be copied. */
    void onPiece(Now now, int shard, Outcome.ShardPiece piece) {
        piecesByShard.merge(shard, 1L, Long::sum);
        if (!ShardTransfer.isBehind(piece)) {
            paceByShard.remove(shard);
            return;
        }
        Pace pace = paceByShard.get(shard);
        if (pace == null) {
            pace = new Pace();
            paceByShard.put(shard, pace);
        } else {
            long interval = now.nanos() - pace.readNanos;
            pace.silentNanosMax = Math.max(SILENT_NANOS_MAX, SILENT_INTERVALS_MAX * interval);
        }
        int count = ShardRows.count(piece.rows());
        pace.readNanos = now.nanos();
        pace.halves = Math.min(pace.halves + count, 2L * count);
    }

    /** Whether a write to a shard may pass; one that may is counted. */
    boolean mayPass(Now now, int shard) {
        Pace pace = paceByShard.get(shard);
        if (pace == null) {
            return true;
        }
        if (now.nanos() - pace.readNanos > pace.silentNanosMax) {
            paceByShard.remove(shard);
            return true;
        }
        if (pace.halves < 2) {
            return false;
        }
        pace.halves -= 2;
        return true;
    }

    /** How many pieces of a shard were read here. */
    long pieces(int shard) {
        return piecesByShard.getOrDefault(shard, 0L);
    }

    /** Whether all writes pass. */
    boolean isOff() {
        return paceByShard.isEmpty();
    }
}
