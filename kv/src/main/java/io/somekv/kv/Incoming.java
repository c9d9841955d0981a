package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.command.CopyCodec;
import io.somekv.protocol.command.CopyCursor;
import io.somekv.protocol.command.Outcome;

/**
 * One shard's way into this group (DESIGN §7), from its first piece until the group that had it has
 * released what it still held.
 *
 * @param config from which on this group is to own the shard
 * @param copyId what the source calls this copy
 * @param generation that the rows are put under; nobody reads them before they are owned
 * @param pieces that were taken
 * @param bytes of rows that were taken
 * @param bytesLeft of rows at the source, roughly
 * @param digest over them all
 * @param cursor where the next piece begins
 * @param isOwned the shard is served here; all that is left is the release
 */
public record Incoming(
        int shard,
        long config,
        long sourceGroup,
        long copyId,
        long generation,
        long pieces,
        long bytes,
        long bytesLeft,
        long digest,
        CopyCursor cursor,
        boolean isOwned) {
    private static final int VERSION = 1;

    /** All of it is here, for as long as the source's freeze lasts: the source may hand over. */
    public boolean isPrepared() {
        return !isOwned && cursor.part() == CopyCursor.Part.END;
    }

    /** On its way: there are rows of it that nobody may read yet. */
    boolean isStaging() {
        return !isOwned;
    }

    Incoming withPiece(Outcome.ShardPiece piece, long newDigest) {
        return new Incoming(
                shard,
                config,
                sourceGroup,
                copyId,
                generation,
                pieces + 1,
                bytes + piece.rows().size(),
                piece.bytesLeft(),
                newDigest,
                piece.next(),
                isOwned);
    }

    Incoming owned() {
        return new Incoming(
                shard,
                config,
                sourceGroup,
                copyId,
                generation,
                pieces,
                bytes,
                bytesLeft,
                digest,
                CopyCursor.START,
                true);
    }

    Bytes encode() {
        ByteWriter row =
                new ByteWriter(112)
                        .u8(VERSION)
                        .u16(shard)
                        .varLong(config)
                        .varLong(sourceGroup)
                        .varLong(copyId)
                        .varLong(generation)
                        .varLong(pieces)
                        .varLong(bytes)
                        .varLong(bytesLeft)
                        .i64(digest);
        CopyCodec.write(row, cursor);
        return row.bool(isOwned).toBytes();
    }

    static Incoming decode(Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("a move of a version not known here: " + version);
        }
        Incoming incoming =
                new Incoming(
                        reader.u16(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.i64(),
                        CopyCodec.readCursor(reader),
                        reader.bool());
        reader.end();
        return incoming;
    }
}
