package io.somekv.protocol.caretaker;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.MalformedException;
import io.somekv.protocol.caretaker.CaretakerSettings.Duty;
import io.somekv.protocol.caretaker.LoadReport.GroupLoad;
import io.somekv.protocol.caretaker.LoadReport.ShardLoad;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.codec.TaggedCodec;

/** The bytes of this package's records, as they stand inside commands, outcomes and frames. */
public final class CaretakerCodec {
    private static final Duty[] DUTIES = Duty.values();
    private static final NodeUse.Kind[] USES = NodeUse.Kind.values();
    private static final TaggedCodec<Decision> DECISIONS = decisions();
    private static final TaggedCodec<Steering> STEERINGS = steerings();

    private CaretakerCodec() {}

    public static void write(ByteWriter out, CaretakerSettings settings) {
        Fields.list(out, settings.duties(), Fields::constant);
        out.signedVarLong(settings.deadAfterMillis()).signedVarLong(settings.restMillis());
        Fields.int32(out, settings.replicaCount());
        Fields.int32(out, settings.replicaChangesMax());
        Fields.int32(out, settings.shardMovesMax());
    }

    public static CaretakerSettings readSettings(ByteReader in) {
        return new CaretakerSettings(
                Fields.list(in, i -> Fields.constant(i, DUTIES)),
                in.signedVarLong(),
                in.signedVarLong(),
                Fields.int32(in),
                Fields.int32(in),
                Fields.int32(in));
    }

    public static void write(ByteWriter out, Decision decision) {
        DECISIONS.write(out, decision);
    }

    public static Decision readDecision(ByteReader in) {
        return DECISIONS.read(in);
    }

    public static void write(ByteWriter out, Steering steering) {
        STEERINGS.write(out, steering);
    }

    public static Steering readSteering(ByteReader in) {
        return STEERINGS.read(in);
    }

    public static void write(ByteWriter out, CaretakerState state) {
        write(out, state.settings());
        Fields.list(out, state.uses(), CaretakerCodec::write);
        Fields.list(out, state.decisions(), CaretakerCodec::write);
    }

    public static CaretakerState readState(ByteReader in) {
        return new CaretakerState(
                readSettings(in),
                Fields.list(in, CaretakerCodec::readUse),
                Fields.list(in, CaretakerCodec::readLogged));
    }

    public static void write(ByteWriter out, NodeUse use) {
        out.signedVarLong(use.nodeId());
        Fields.constant(out, use.kind());
    }

    public static NodeUse readUse(ByteReader in) {
        return new NodeUse(in.signedVarLong(), Fields.constant(in, USES));
    }

    public static void write(ByteWriter out, LoggedDecision logged) {
        out.signedVarLong(logged.number()).signedVarLong(logged.logTime());
        write(out, logged.decision());
    }

    public static LoggedDecision readLogged(ByteReader in) {
        return new LoggedDecision(in.signedVarLong(), in.signedVarLong(), readDecision(in));
    }

    public static void write(ByteWriter out, LoadReport report) {
        out.utf8(report.zone()).bool(report.hasRoom());
        Fields.list(out, report.groups(), CaretakerCodec::write);
    }

    public static LoadReport readReport(ByteReader in) {
        String zone = Fields.text(in);
        if (zone.length() > LoadReport.ZONE_SIZE_MAX) {
            throw new MalformedException("a zone of " + zone.length() + " characters");
        }
        return new LoadReport(zone, in.bool(), Fields.list(in, CaretakerCodec::readGroup));
    }

    private static void write(ByteWriter out, GroupLoad group) {
        out.signedVarLong(group.groupId());
        out.signedVarLong(group.term()).signedVarLong(group.ledMillis());
        Fields.list(out, group.voters(), ByteWriter::signedVarLong);
        Fields.list(out, group.learners(), ByteWriter::signedVarLong);
        out.bool(group.isChanging());
        Fields.list(
                out,
                group.shards(),
                (o, shard) -> {
                    Fields.int32(o, shard.shard());
                    o.signedVarLong(shard.opsPerSecond()).signedVarLong(shard.bytes());
                });
    }

    private static GroupLoad readGroup(ByteReader in) {
        return new GroupLoad(
                in.signedVarLong(),
                in.signedVarLong(),
                in.signedVarLong(),
                Fields.list(in, ByteReader::signedVarLong),
                Fields.list(in, ByteReader::signedVarLong),
                in.bool(),
                Fields.list(
                        in,
                        i -> new ShardLoad(Fields.int32(i), i.signedVarLong(), i.signedVarLong())));
    }

    private static TaggedCodec<Decision> decisions() {
        return TaggedCodec.<Decision>of("decision")
                .add(
                        1,
                        Decision.ReplaceReplica.class,
                        (out, d) ->
                                out.signedVarLong(d.groupId())
                                        .signedVarLong(d.fromNode())
                                        .signedVarLong(d.toNode())
                                        .utf8(d.why()),
                        in ->
                                new Decision.ReplaceReplica(
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        Fields.text(in)))
                .add(
                        2,
                        Decision.AddReplica.class,
                        (out, d) ->
                                out.signedVarLong(d.groupId())
                                        .signedVarLong(d.toNode())
                                        .utf8(d.why()),
                        in ->
                                new Decision.AddReplica(
                                        in.signedVarLong(), in.signedVarLong(), Fields.text(in)))
                .add(
                        3,
                        Decision.RemoveReplica.class,
                        (out, d) ->
                                out.signedVarLong(d.groupId())
                                        .signedVarLong(d.fromNode())
                                        .utf8(d.why()),
                        in ->
                                new Decision.RemoveReplica(
                                        in.signedVarLong(), in.signedVarLong(), Fields.text(in)))
                .add(
                        4,
                        Decision.HandOver.class,
                        (out, d) ->
                                out.signedVarLong(d.groupId())
                                        .signedVarLong(d.fromNode())
                                        .signedVarLong(d.toNode())
                                        .utf8(d.why()),
                        in ->
                                new Decision.HandOver(
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        Fields.text(in)))
                .add(
                        5,
                        Decision.MoveShard.class,
                        (out, d) -> {
                            Fields.int32(out, d.shard());
                            out.signedVarLong(d.fromGroup())
                                    .signedVarLong(d.toGroup())
                                    .utf8(d.why());
                        },
                        in ->
                                new Decision.MoveShard(
                                        Fields.int32(in),
                                        in.signedVarLong(),
                                        in.signedVarLong(),
                                        Fields.text(in)))
                .build();
    }

    private static TaggedCodec<Steering> steerings() {
        return TaggedCodec.<Steering>of("steering")
                .add(
                        1,
                        Steering.Add.class,
                        (out, s) -> {
                            out.signedVarLong(s.toNode());
                            Fields.uuid(out, s.storeId());
                            out.signedVarLong(s.replacesNode());
                        },
                        in ->
                                new Steering.Add(
                                        in.signedVarLong(), Fields.uuid(in), in.signedVarLong()))
                .add(
                        2,
                        Steering.Remove.class,
                        (out, s) -> out.signedVarLong(s.fromNode()),
                        in -> new Steering.Remove(in.signedVarLong()))
                .add(
                        3,
                        Steering.HandOver.class,
                        (out, s) -> out.signedVarLong(s.toNode()),
                        in -> new Steering.HandOver(in.signedVarLong()))
                .build();
    }
}
