package io.somekv.node;

import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Now;
import java.util.TreeMap;

/**
 * Keeps writes to a shard that is copied from outrunning the copying (DESIGN §7.2), on the leader
 * of the group that it is copied from. Once all rows are copied, and many changes are left, each
 * piece that is read lets half as many changes through as it takes up: whatever the pace of either,
 * fewer are left after each piece, as long as one comes every two seconds. So it goes on until the
 * shard is frozen; once few changes are left, that few may come with each piece.
 *
 * <p>Where no piece is read any more, nobody waits for one.
 */
final class CopyBrake {
    /** Without a piece for so long nobody waits. */
    private static final long SILENT_NANOS_MIN = 200_000_000L;

    /** Longer, where pieces come slowly: so many times as long as from the last one to the next. */
    private static final int SILENT_INTERVALS_MAX = 4;

    /** But no longer than this: whoever copies may be gone. */
    private static final long SILENT_NANOS_MAX = 2_000_000_000L;

    private final TreeMap<Integer, Pace> paceByShard = new TreeMap<>();

    private static final class Pace {
        long readNanos;
        long silentNanosMax = SILENT_NANOS_MIN;

        /** Of a change, that may pass before the next piece; less than 0 after a large write. */
        long halves;

        /** Changes that are few, by the fullest piece so far. */
        int few;

        void onPiece(Now now) {
            long wanted = SILENT_INTERVALS_MAX * (now.nanos() - readNanos);
            silentNanosMax = Math.clamp(wanted, SILENT_NANOS_MIN, SILENT_NANOS_MAX);
            readNanos = now.nanos();
        }

        /** One that is empty, as the first after a freeze, grants what any may. */
        void grant(Outcome.ShardPiece piece) {
            few = Math.max(few, ShardTransfer.fewChanges(piece));
            halves =
                    ShardTransfer.isBehind(piece) && piece.changes() > 0
                            ? Math.min(halves + piece.changes(), 2L * piece.changes())
                            : 2L * few;
        }
    }

    /** The next piece of a shard was read, to be copied. */
    void onPiece(Now now, int shard, Outcome.ShardPiece piece) {
        Pace pace = paceByShard.get(shard);
        if (piece.next().part() != CopyCursor.Part.CHANGES || piece.freezeId() != 0) {
            paceByShard.remove(shard);
        } else if (pace != null) {
            pace.onPiece(now);
            pace.grant(piece);
        } else if (ShardTransfer.isBehind(piece) && piece.changes() > 0) {
            Pace first = new Pace();
            first.readNanos = now.nanos();
            first.grant(piece);
            paceByShard.put(shard, first);
        }
    }

    /**
     * Whether a write to a shard may pass; one that may is counted.
     *
     * @param changes keys that it writes to: one of many passes, and others wait the longer
     */
    boolean mayPass(Now now, int shard, int changes) {
        Pace pace = paceByShard.get(shard);
        if (pace == null || now.nanos() - pace.readNanos > pace.silentNanosMax) {
            return true;
        }
        if (pace.halves < 2) {
            return false;
        }
        pace.halves -= 2L * changes;
        return true;
    }

    /** Whether all writes pass. */
    boolean isOff() {
        return paceByShard.isEmpty();
    }
}
