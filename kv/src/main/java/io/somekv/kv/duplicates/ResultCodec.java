package io.somekv.kv.duplicates;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Invariant;
import io.somekv.base.MalformedException;
import io.somekv.protocol.command.Outcome;

/**
 * Results of writes as they are kept in rows (docs/FORMATS.md). Codes are for ever: a message on
 * the wire may change its form, a row on a disk may not.
 */
final class ResultCodec {
    private static final int OK = 0;
    private static final int NIL = 1;
    private static final int VALUE = 2;
    private static final int INT = 3;
    private static final int REFUSED = 4;

    private static final int VALUE_SIZE_MAX = 1 << 30;
    private static final int MESSAGE_SIZE_MAX = 64 << 10;

    private ResultCodec() {}

    static void write(ByteWriter writer, Outcome.Result result) {
        switch (result) {
            case Outcome.Ok _ -> writer.u8(OK);
            case Outcome.Nil _ -> writer.u8(NIL);
            case Outcome.Value value -> writer.u8(VALUE).bytes(value.value());
            case Outcome.Int number -> writer.u8(INT).signedVarLong(number.value());
            case Outcome.Refused refused ->
                    writer.u8(REFUSED).u8(codeOf(refused.reason())).utf8(refused.message());
            case Outcome.Values _, Outcome.Cluster _, Outcome.Registered _, Outcome.GivenUp _ ->
                    throw Invariant.unreachable("only stamped writes leave a result behind");
        }
    }

    static Outcome.Result read(ByteReader reader) {
        int code = reader.u8();
        return switch (code) {
            case OK -> new Outcome.Ok();
            case NIL -> new Outcome.Nil();
            case VALUE -> new Outcome.Value(reader.bytes(VALUE_SIZE_MAX));
            case INT -> new Outcome.Int(reader.signedVarLong());
            case REFUSED ->
                    new Outcome.Refused(reasonOf(reader.u8()), reader.utf8(MESSAGE_SIZE_MAX));
            default -> throw new MalformedException("a result of a kind not known here: " + code);
        };
    }

    private static int codeOf(Outcome.Reason reason) {
        return switch (reason) {
            case NOT_AN_INTEGER -> 1;
            case OVERFLOW -> 2;
            case NOT_A_FLOAT -> 3;
            case VALUE_TOO_LARGE -> 4;
            case INVALID_EXPIRY -> 5;
            case NO_SUCH_GROUP -> 6;
            case GROUP_EXISTS -> 7;
            case NO_SUCH_SHARD -> 8;
            case NO_SUCH_NODE -> 9;
            case NOTHING_TO_DO -> 10;
            case NOT_STARTED -> 11;
            case ALREADY_STARTED -> 12;
        };
    }

    private static Outcome.Reason reasonOf(int code) {
        for (Outcome.Reason reason : Outcome.Reason.values()) {
            if (codeOf(reason) == code) {
                return reason;
            }
        }
        throw new MalformedException("a refusal for a reason not known here: " + code);
    }
}
