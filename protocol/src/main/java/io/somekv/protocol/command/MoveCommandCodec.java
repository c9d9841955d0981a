package io.somekv.protocol.command;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.codec.TaggedCodec;
import io.somekv.protocol.config.ConfigCodec;
import java.util.Optional;

/** The part of {@link CommandCodec} that is about shards on their way from group to group. */
final class MoveCommandCodec {
    private MoveCommandCodec() {}

    static void addTo(TaggedCodec.Builder<Command> table) {
        addSourceCommands(table);
        addTargetCommands(table);
        addMoveReports(table);
    }

    /** What source and target of a move are asked; two numbers behind the shard in most of them. */
    private static void addSourceCommands(TaggedCodec.Builder<Command> table) {
        table.add(
                        64,
                        Command.StartCopy.class,
                        (out, c) -> numbers(out, c.shard(), c.config(), c.targetGroup()),
                        in ->
                                new Command.StartCopy(
                                        Fields.int32(in), in.signedVarLong(), in.signedVarLong()))
                .add(
                        65,
                        Command.ReadShard.class,
                        (out, c) -> {
                            numbers(out, c.shard(), c.copyId());
                            CopyCodec.write(out, c.cursor());
                        },
                        in ->
                                new Command.ReadShard(
                                        Fields.int32(in),
                                        in.signedVarLong(),
                                        CopyCodec.readCursor(in)))
                .add(
                        66,
                        Command.Freeze.class,
                        (out, c) -> numbers(out, c.shard(), c.copyId()),
                        in -> new Command.Freeze(Fields.int32(in), in.signedVarLong()))
                .add(
                        67,
                        Command.Unfreeze.class,
                        (out, c) -> numbers(out, c.shard(), c.freezeId()),
                        in -> new Command.Unfreeze(Fields.int32(in), in.signedVarLong()))
                .add(
                        68,
                        Command.EndCopy.class,
                        (out, c) -> numbers(out, c.shard(), c.copyId()),
                        in -> new Command.EndCopy(Fields.int32(in), in.signedVarLong()))
                .add(
                        69,
                        Command.HandOver.class,
                        (out, c) -> numbers(out, c.shard(), c.copyId(), c.freezeId()),
                        in ->
                                new Command.HandOver(
                                        Fields.int32(in), in.signedVarLong(), in.signedVarLong()))
                .add(
                        77,
                        Command.DigestShard.class,
                        (out, c) -> {
                            numbers(out, c.shard(), c.copyId());
                            CopyCodec.write(out, c.range());
                        },
                        in ->
                                new Command.DigestShard(
                                        Fields.int32(in),
                                        in.signedVarLong(),
                                        CopyCodec.readRange(in)));
    }

    private static void addTargetCommands(TaggedCodec.Builder<Command> table) {
        table.add(
                        70,
                        Command.Stage.class,
                        (out, c) -> {
                            numbers(out, c.shard(), c.config(), c.sourceGroup(), c.number());
                            CopyCodec.write(out, c.piece());
                        },
                        in ->
                                new Command.Stage(
                                        Fields.int32(in),
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        CopyCodec.readPiece(in)))
                .add(
                        71,
                        Command.Unstage.class,
                        (out, c) -> numbers(out, c.shard(), c.config(), c.voidFreezeId()),
                        in ->
                                new Command.Unstage(
                                        Fields.int32(in), in.signedVarLong(), in.signedVarLong()))
                .add(
                        72,
                        Command.Release.class,
                        (out, c) -> numbers(out, c.shard(), c.copyId()),
                        in -> new Command.Release(Fields.int32(in), in.signedVarLong()))
                .add(
                        73,
                        Command.Released.class,
                        (out, c) -> numbers(out, c.shard(), c.config()),
                        in -> new Command.Released(Fields.int32(in), in.signedVarLong()))
                .add(
                        74,
                        Command.Suspend.class,
                        (out, c) -> numbers(out, c.shard(), c.config()),
                        in -> new Command.Suspend(Fields.int32(in), in.signedVarLong()))
                .add(
                        78,
                        Command.Differ.class,
                        (out, c) -> numbers(out, c.shard(), c.config()),
                        in -> new Command.Differ(Fields.int32(in), in.signedVarLong()));
    }

    private static void addMoveReports(TaggedCodec.Builder<Command> table) {
        table.add(
                        75,
                        Command.ReportServed.class,
                        (out, c) -> {
                            out.signedVarLong(c.groupId());
                            Fields.list(
                                    out,
                                    c.shards(),
                                    (o, each) -> numbers(o, each.shard(), each.config()));
                        },
                        in ->
                                new Command.ReportServed(
                                        in.signedVarLong(),
                                        Fields.list(
                                                in,
                                                i ->
                                                        new Command.ReportServed.Since(
                                                                Fields.int32(i),
                                                                i.signedVarLong()))))
                .add(
                        76,
                        Command.TuneMoves.class,
                        (out, c) -> ConfigCodec.write(out, c.tuning()),
                        in -> new Command.TuneMoves(ConfigCodec.readTuning(in)));
    }

    private static void numbers(ByteWriter out, long... values) {
        for (long value : values) {
            out.signedVarLong(value);
        }
    }

    static void writeOwn(ByteWriter out, Command.Own own) {
        numbers(out, own.shard(), own.config());
        out.bool(own.proof().isPresent());
        own.proof().ifPresent(proof -> CopyCodec.write(out, proof));
    }

    static Command.Own readOwn(ByteReader in) {
        return new Command.Own(
                Fields.int32(in),
                in.signedVarLong(),
                in.bool() ? Optional.of(CopyCodec.readProof(in)) : Optional.empty());
    }
}
