package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.command.Command;
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
 * @param state what is to become of it
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
        State state) {
    private static final int VERSION = 1;
    private static final State[] STATES = State.values();

    /** What is to become of it. */
    public enum State {
        /** Nobody reads it yet. */
        STAGED,
        /** It is served here; what came is compared with what the source has, which then goes. */
        OWNED,
        /** So it is, but what came is not what the source has: that stays. */
        DIFFERS
    }

    /** The first piece comes. */
    static Incoming begin(Command.Stage command, long generation) {
        return new Incoming(
                command.shard(),
                command.config(),
                command.sourceGroup(),
                command.piece().copyId(),
                generation,
                0,
                0,
                0,
                0,
                CopyCursor.START,
                State.STAGED);
    }

    /** The shard is served here; all that is left is the release. */
    public boolean isOwned() {
        return state != State.STAGED;
    }

    /** All of it is here, for as long as the source's freeze lasts: the source may hand over. */
    public boolean isPrepared() {
        return !isOwned() && cursor.part() == CopyCursor.Part.END;
    }

    /** On its way: there are rows of it that nobody may read yet. */
    boolean isStaging() {
        return !isOwned();
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
                state);
    }

    Incoming owned() {
        return served(State.OWNED);
    }

    Incoming differing() {
        return served(State.DIFFERS);
    }

    private Incoming served(State as) {
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
                as);
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
        Fields.constant(row, state);
        return row.toBytes();
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
                        Fields.constant(reader, STATES));
        reader.end();
        return incoming;
    }
}
