package io.somekv.node;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which pieces of a group's shards were read by whoever copies them, as far as one replica has
 * answered. A piece that is asked for again, since it could not be stored or its answer was lost,
 * is no progress.
 */
final class CopyReads {
    private final TreeMap<Integer, Latest> latestByShard = new TreeMap<>();

    /**
     * @param cursor of the question; empty where there was nothing behind it, and the next question
     *     is the same
     * @param pieces so many that differ, of all copies of the shard
     */
    private record Latest(long copyId, Optional<CopyCursor> cursor, long pieces) {}

    /** Takes note of a piece that is answered; whether it is another one than the last. */
    boolean isNew(Command.ReadShard read, Outcome.ShardPiece piece) {
        Latest latest = latestByShard.get(read.shard());
        Optional<CopyCursor> cursor =
                piece.next().equals(read.cursor()) ? Optional.empty() : Optional.of(read.cursor());
        boolean isAgain =
                latest != null
                        && latest.copyId == read.copyId()
                        && cursor.isPresent()
                        && latest.cursor.equals(cursor);
        if (!isAgain) {
            long pieces = latest == null ? 1 : latest.pieces + 1;
            latestByShard.put(read.shard(), new Latest(read.copyId(), cursor, pieces));
        }
        return !isAgain;
    }

    long pieces(int shard) {
        Latest latest = latestByShard.get(shard);
        return latest == null ? 0 : latest.pieces;
    }
}
