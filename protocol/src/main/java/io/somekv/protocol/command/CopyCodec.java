package io.somekv.protocol.command;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.protocol.codec.Fields;

/** The bytes of what commands and outcomes say of a shard that is copied. */
public final class CopyCodec {
    private static final CopyCursor.Part[] PARTS = CopyCursor.Part.values();

    private CopyCodec() {}

    public static void write(ByteWriter out, CopyCursor cursor) {
        Fields.constant(out, cursor.part());
        out.bytes(cursor.rowsAfter()).bytes(cursor.changesAfter()).signedVarLong(cursor.freezeId());
        out.bytes(cursor.outcomesAfter());
    }

    public static CopyCursor readCursor(ByteReader in) {
        return new CopyCursor(
                Fields.constant(in, PARTS),
                Fields.bytes(in),
                Fields.bytes(in),
                in.signedVarLong(),
                Fields.bytes(in));
    }

    static void write(ByteWriter out, Outcome.ShardPiece piece) {
        out.signedVarLong(piece.copyId()).signedVarLong(piece.freezeId());
        out.signedVarLong(piece.logTime()).bytes(piece.rows()).i64(piece.digest());
        write(out, piece.next());
        Fields.int32(out, piece.changes());
        Fields.int32(out, piece.changesLeft());
        out.signedVarLong(piece.bytesLeft()).signedVarLong(piece.operations());
    }

    static Outcome.ShardPiece readPiece(ByteReader in) {
        return new Outcome.ShardPiece(
                in.signedVarLong(),
                in.signedVarLong(),
                in.signedVarLong(),
                Fields.bytes(in),
                in.i64(),
                readCursor(in),
                Fields.int32(in),
                Fields.int32(in),
                in.signedVarLong(),
                in.signedVarLong());
    }

    static void write(ByteWriter out, DigestRange range) {
        out.bytes(range.from()).bytes(range.to()).signedVarLong(range.logTime());
    }

    static DigestRange readRange(ByteReader in) {
        return new DigestRange(Fields.bytes(in), Fields.bytes(in), in.signedVarLong());
    }

    static void write(ByteWriter out, HandOverProof proof) {
        out.signedVarLong(proof.copyId()).signedVarLong(proof.freezeId());
        out.i64(proof.digest()).signedVarLong(proof.logTime());
    }

    static HandOverProof readProof(ByteReader in) {
        return new HandOverProof(
                in.signedVarLong(), in.signedVarLong(), in.i64(), in.signedVarLong());
    }
}
