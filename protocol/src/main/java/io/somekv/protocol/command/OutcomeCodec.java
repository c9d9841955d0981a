package io.somekv.protocol.command;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.caretaker.CaretakerCodec;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.codec.TaggedCodec;
import io.somekv.protocol.config.ConfigCodec;
import java.util.Optional;

/**
 * The bytes of an {@link Outcome}: a tag, then the record's fields in their order. As with commands
 * the container says the version: a frame, a row of the duplicate table.
 */
public final class OutcomeCodec {
    private static final Outcome.Reason[] REASONS = Outcome.Reason.values();
    private static final TaggedCodec<Outcome> TABLE = table();

    private OutcomeCodec() {}

    public static void write(ByteWriter out, Outcome outcome) {
        TABLE.write(out, outcome);
    }

    public static Outcome read(ByteReader in) {
        return TABLE.read(in);
    }

    private static TaggedCodec<Outcome> table() {
        TaggedCodec.Builder<Outcome> table = TaggedCodec.of("outcome");
        addResults(table);
        addNotExecuted(table);
        table.add(32, Outcome.BelowFloor.class, (out, o) -> {}, in -> new Outcome.BelowFloor())
                .add(
                        33,
                        Outcome.Unknown.class,
                        (out, o) -> out.utf8(o.why()),
                        in -> new Outcome.Unknown(Fields.text(in)));
        return table.build();
    }

    private static void addResults(TaggedCodec.Builder<Outcome> table) {
        table.add(1, Outcome.Ok.class, (out, o) -> {}, in -> new Outcome.Ok())
                .add(2, Outcome.Nil.class, (out, o) -> {}, in -> new Outcome.Nil())
                .add(
                        3,
                        Outcome.Value.class,
                        (out, o) -> out.bytes(o.value()),
                        in -> new Outcome.Value(Fields.bytes(in)))
                .add(
                        4,
                        Outcome.Int.class,
                        (out, o) -> out.signedVarLong(o.value()),
                        in -> new Outcome.Int(in.signedVarLong()))
                .add(
                        5,
                        Outcome.Values.class,
                        (out, o) -> Fields.list(out, o.values(), OutcomeCodec::writeOptional),
                        in -> new Outcome.Values(Fields.list(in, OutcomeCodec::readOptional)))
                .add(
                        6,
                        Outcome.Refused.class,
                        (out, o) -> {
                            Fields.constant(out, o.reason());
                            out.utf8(o.message());
                        },
                        in -> new Outcome.Refused(Fields.constant(in, REASONS), Fields.text(in)))
                .add(
                        7,
                        Outcome.Registered.class,
                        (out, o) -> out.i64(o.client().high()).i64(o.client().low()),
                        in -> new Outcome.Registered(new ClientId(in.i64(), in.i64())))
                .add(
                        13,
                        Outcome.Cluster.class,
                        (out, o) -> ConfigCodec.write(out, o.map()),
                        in -> new Outcome.Cluster(ConfigCodec.readMap(in)))
                .add(
                        10,
                        Outcome.Copying.class,
                        (out, o) -> out.signedVarLong(o.copyId()),
                        in -> new Outcome.Copying(in.signedVarLong()))
                .add(11, Outcome.ShardPiece.class, CopyCodec::write, CopyCodec::readPiece)
                .add(
                        12,
                        Outcome.HandedOver.class,
                        (out, o) -> out.signedVarLong(o.logTime()),
                        in -> new Outcome.HandedOver(in.signedVarLong()))
                .add(
                        14,
                        Outcome.ShardDigest.class,
                        (out, o) -> {
                            CopyCodec.write(out, o.range());
                            out.i64(o.digest());
                        },
                        in -> new Outcome.ShardDigest(CopyCodec.readRange(in), in.i64()))
                .add(
                        15,
                        Outcome.GivenUp.class,
                        (out, o) -> out.bool(o.hasData()).signedVarLong(o.lostAt()),
                        in -> new Outcome.GivenUp(in.bool(), in.signedVarLong()))
                .add(
                        24,
                        Outcome.Caretaker.class,
                        (out, o) -> CaretakerCodec.write(out, o.state()),
                        in -> new Outcome.Caretaker(CaretakerCodec.readState(in)));
    }

    private static void addNotExecuted(TaggedCodec.Builder<Outcome> table) {
        table.add(
                        16,
                        Outcome.WrongGroup.class,
                        (out, o) -> out.signedVarLong(o.config()),
                        in -> new Outcome.WrongGroup(in.signedVarLong()))
                .add(
                        17,
                        Outcome.NotLeader.class,
                        (out, o) -> out.signedVarLong(o.leaderNode()),
                        in -> new Outcome.NotLeader(in.signedVarLong()))
                .add(
                        18,
                        Outcome.Busy.class,
                        (out, o) -> Fields.int32(out, o.retryAfterMillis()),
                        in -> new Outcome.Busy(Fields.int32(in)))
                .add(
                        19,
                        Outcome.DeadlineNeeded.class,
                        (out, o) -> out.signedVarLong(o.logTime()),
                        in -> new Outcome.DeadlineNeeded(in.signedVarLong()))
                .add(
                        20,
                        Outcome.Invalid.class,
                        (out, o) -> out.utf8(o.message()),
                        in -> new Outcome.Invalid(Fields.text(in)))
                .add(
                        21,
                        Outcome.DiskNearlyFull.class,
                        (out, o) -> out.signedVarLong(o.nodeId()).signedVarLong(o.freeBytes()),
                        in -> new Outcome.DiskNearlyFull(in.signedVarLong(), in.signedVarLong()));
    }

    private static void writeOptional(ByteWriter out, Optional<Bytes> value) {
        out.bool(value.isPresent());
        value.ifPresent(out::bytes);
    }

    private static Optional<Bytes> readOptional(ByteReader in) {
        return in.bool() ? Optional.of(Fields.bytes(in)) : Optional.empty();
    }
}
