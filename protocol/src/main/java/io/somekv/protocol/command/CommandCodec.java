package io.somekv.protocol.command;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.protocol.caretaker.CaretakerCodec;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.codec.TaggedCodec;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Command.KeyValue;
import io.somekv.protocol.config.ConfigCodec;

/**
 * The bytes of a {@link Command}: a tag, then the record's fields in their order. Which version of
 * this table they follow is said by the container: a batch, a frame.
 */
public final class CommandCodec {
    private static final Condition[] CONDITIONS = Condition.values();
    private static final Expiry.Kind[] EXPIRIES = Expiry.Kind.values();
    private static final TaggedCodec<Command> TABLE = table();

    private CommandCodec() {}

    public static void write(ByteWriter out, Command command) {
        TABLE.write(out, command);
    }

    public static Command read(ByteReader in) {
        return TABLE.read(in);
    }

    private static TaggedCodec<Command> table() {
        TaggedCodec.Builder<Command> table = TaggedCodec.of("command");
        addReadsOfKeys(table);
        addWritesOfKeys(table);
        addShardCommands(table);
        MoveCommandCodec.addTo(table);
        addMasterCommands(table);
        addCaretakerCommands(table);
        return table.build();
    }

    private static void addReadsOfKeys(TaggedCodec.Builder<Command> table) {
        table.add(
                        1,
                        Command.Get.class,
                        (out, c) -> out.bytes(c.key()),
                        in -> new Command.Get(Fields.bytes(in)))
                .add(
                        2,
                        Command.GetMany.class,
                        (out, c) -> Fields.keys(out, c.keys()),
                        in -> new Command.GetMany(Fields.keys(in)))
                .add(
                        3,
                        Command.Exists.class,
                        (out, c) -> Fields.keys(out, c.keys()),
                        in -> new Command.Exists(Fields.keys(in)))
                .add(
                        4,
                        Command.StringLength.class,
                        (out, c) -> out.bytes(c.key()),
                        in -> new Command.StringLength(Fields.bytes(in)))
                .add(
                        5,
                        Command.TimeToLive.class,
                        (out, c) -> out.bytes(c.key()),
                        in -> new Command.TimeToLive(Fields.bytes(in)));
    }

    private static void addWritesOfKeys(TaggedCodec.Builder<Command> table) {
        table.add(16, Command.Put.class, CommandCodec::writePut, CommandCodec::readPut)
                .add(
                        17,
                        Command.PutMany.class,
                        (out, c) ->
                                Fields.list(
                                        out,
                                        c.pairs(),
                                        (o, pair) -> o.bytes(pair.key()).bytes(pair.value())),
                        in ->
                                new Command.PutMany(
                                        Fields.list(
                                                in,
                                                i ->
                                                        new KeyValue(
                                                                Fields.bytes(i), Fields.bytes(i)))))
                .add(
                        18,
                        Command.Append.class,
                        (out, c) -> out.bytes(c.key()).bytes(c.suffix()),
                        in -> new Command.Append(Fields.bytes(in), Fields.bytes(in)))
                .add(
                        19,
                        Command.Delete.class,
                        (out, c) -> Fields.keys(out, c.keys()),
                        in -> new Command.Delete(Fields.keys(in)))
                .add(
                        20,
                        Command.Increment.class,
                        (out, c) -> out.bytes(c.key()).signedVarLong(c.delta()),
                        in -> new Command.Increment(Fields.bytes(in), in.signedVarLong()))
                .add(
                        21,
                        Command.IncrementFloat.class,
                        (out, c) -> out.bytes(c.key()).utf8(c.delta()),
                        in -> new Command.IncrementFloat(Fields.bytes(in), Fields.text(in)))
                .add(
                        22,
                        Command.Expire.class,
                        (out, c) -> writeExpiry(out.bytes(c.key()), c.expiry()),
                        in -> new Command.Expire(Fields.bytes(in), readExpiry(in)));
    }

    private static void addShardCommands(TaggedCodec.Builder<Command> table) {
        table.add(
                        32,
                        Command.CountKeys.class,
                        (out, c) -> Fields.int32(out, c.shard()),
                        in -> new Command.CountKeys(Fields.int32(in)))
                .add(
                        33,
                        Command.Clear.class,
                        (out, c) -> Fields.int32(out, c.shard()),
                        in -> new Command.Clear(Fields.int32(in)))
                .add(
                        34,
                        Command.GiveUp.class,
                        (out, c) -> out.signedVarLong(c.shard()).signedVarLong(c.config()),
                        in -> new Command.GiveUp(Fields.int32(in), in.signedVarLong()))
                .add(35, Command.Own.class, MoveCommandCodec::writeOwn, MoveCommandCodec::readOwn)
                .add(
                        36,
                        Command.IsPristine.class,
                        (out, c) -> Fields.int32(out, c.shard()),
                        in -> new Command.IsPristine(Fields.int32(in)))
                .add(
                        37,
                        Command.Configure.class,
                        (out, c) -> ConfigCodec.write(out, c.settings()),
                        in -> new Command.Configure(ConfigCodec.readSettings(in)))
                .add(38, Command.StateDigest.class, (out, c) -> {}, in -> new Command.StateDigest())
                .add(
                        39,
                        Command.CountSlot.class,
                        (out, c) -> Fields.int32(out, c.slot()),
                        in -> new Command.CountSlot(Fields.int32(in)))
                .add(
                        40,
                        Command.SlotKeys.class,
                        (out, c) -> {
                            Fields.int32(out, c.slot());
                            Fields.int32(out, c.countMax());
                        },
                        in -> new Command.SlotKeys(Fields.int32(in), Fields.int32(in)));
    }

    private static void addMasterCommands(TaggedCodec.Builder<Command> table) {
        table.add(
                        58,
                        Command.StartCluster.class,
                        CommandCodec::writeStartCluster,
                        in ->
                                new Command.StartCluster(
                                        Fields.uuid(in),
                                        Fields.int32(in),
                                        ConfigCodec.readSettings(in),
                                        Fields.list(in, ConfigCodec::readNode)))
                .add(
                        59,
                        Command.RegisterNode.class,
                        (out, c) -> ConfigCodec.write(out, c.node()),
                        in -> new Command.RegisterNode(ConfigCodec.readNode(in)))
                .add(
                        50,
                        Command.RegisterClient.class,
                        (out, c) -> Fields.uuid(out, c.nonce()),
                        in -> new Command.RegisterClient(Fields.uuid(in)))
                .add(
                        51,
                        Command.Join.class,
                        (out, c) -> Fields.list(out, c.groups(), ConfigCodec::write),
                        in -> new Command.Join(Fields.list(in, ConfigCodec::readGroup)))
                .add(
                        52,
                        Command.Leave.class,
                        (out, c) -> Fields.list(out, c.groupIds(), ByteWriter::signedVarLong),
                        in -> new Command.Leave(Fields.list(in, ByteReader::signedVarLong)))
                .add(
                        53,
                        Command.Move.class,
                        (out, c) -> out.signedVarLong(c.shard()).signedVarLong(c.groupId()),
                        in -> new Command.Move(Fields.int32(in), in.signedVarLong()))
                .add(
                        54,
                        Command.QueryConfig.class,
                        (out, c) -> out.signedVarLong(c.number()),
                        in -> new Command.QueryConfig(in.signedVarLong()))
                .add(
                        56,
                        Command.ForgetNode.class,
                        (out, c) -> out.signedVarLong(c.nodeId()),
                        in -> new Command.ForgetNode(in.signedVarLong()))
                .add(
                        57,
                        Command.ReportMembers.class,
                        (out, c) -> {
                            ConfigCodec.write(out, c.group());
                            out.signedVarLong(c.version());
                        },
                        in ->
                                new Command.ReportMembers(
                                        ConfigCodec.readGroup(in), in.signedVarLong()));
    }

    private static void addCaretakerCommands(TaggedCodec.Builder<Command> table) {
        table.add(
                        80,
                        Command.Decide.class,
                        (out, c) -> {
                            out.signedVarLong(c.config()).signedVarLong(c.number());
                            Fields.list(out, c.decisions(), CaretakerCodec::write);
                        },
                        in ->
                                new Command.Decide(
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        Fields.list(in, CaretakerCodec::readDecision)))
                .add(
                        81,
                        Command.TuneCaretaker.class,
                        (out, c) -> CaretakerCodec.write(out, c.settings()),
                        in -> new Command.TuneCaretaker(CaretakerCodec.readSettings(in)))
                .add(
                        82,
                        Command.UseNode.class,
                        (out, c) -> CaretakerCodec.write(out, c.use()),
                        in -> new Command.UseNode(CaretakerCodec.readUse(in)))
                .add(
                        83,
                        Command.QueryCaretaker.class,
                        (out, c) -> Fields.int32(out, c.decisionsMax()),
                        in -> new Command.QueryCaretaker(Fields.int32(in)));
    }

    private static void writePut(ByteWriter out, Command.Put put) {
        out.bytes(put.key()).bytes(put.value());
        Fields.constant(out, put.condition());
        writeExpiry(out, put.expiry());
        out.bool(put.returnOld());
    }

    private static Command.Put readPut(ByteReader in) {
        return new Command.Put(
                Fields.bytes(in),
                Fields.bytes(in),
                Fields.constant(in, CONDITIONS),
                readExpiry(in),
                in.bool());
    }

    private static void writeExpiry(ByteWriter out, Expiry expiry) {
        Fields.constant(out, expiry.kind());
        out.signedVarLong(expiry.millis());
    }

    private static Expiry readExpiry(ByteReader in) {
        return new Expiry(Fields.constant(in, EXPIRIES), in.signedVarLong());
    }

    private static void writeStartCluster(ByteWriter out, Command.StartCluster start) {
        Fields.uuid(out, start.clusterId());
        Fields.int32(out, start.shardCount());
        ConfigCodec.write(out, start.settings());
        Fields.list(out, start.nodes(), ConfigCodec::write);
    }
}
