package io.somekv.protocol.config;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.MalformedException;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.config.GroupSpec.Replica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The bytes of this package's records, as they stand inside commands and outcomes. */
public final class ConfigCodec {
    private static final int SHARDS_MAX = 1 << 16;

    private ConfigCodec() {}

    public static void write(ByteWriter out, GroupSettings settings) {
        Fields.int32(out, settings.shardCount());
        Fields.int32(out, settings.valueSizeMax());
        Fields.int32(out, settings.sequenceWindow());
        Fields.int32(out, settings.featureLevel());
    }

    public static GroupSettings readSettings(ByteReader in) {
        return new GroupSettings(
                Fields.int32(in), Fields.int32(in), Fields.int32(in), Fields.int32(in));
    }

    public static void write(ByteWriter out, NodeInfo node) {
        out.signedVarLong(node.nodeId());
        Fields.uuid(out, node.storeId());
        out.utf8(node.host());
        Fields.int32(out, node.peerPort());
        Fields.int32(out, node.respPort());
        Fields.int32(out, node.grpcPort());
        Fields.int32(out, node.clusterPort());
    }

    public static NodeInfo readNode(ByteReader in) {
        return new NodeInfo(
                in.signedVarLong(),
                Fields.uuid(in),
                Fields.text(in),
                Fields.int32(in),
                Fields.int32(in),
                Fields.int32(in),
                Fields.int32(in));
    }

    public static void write(ByteWriter out, GroupSpec group) {
        out.signedVarLong(group.groupId());
        Fields.list(
                out,
                group.replicas(),
                (o, replica) ->
                        o.signedVarLong(replica.replicaId()).signedVarLong(replica.nodeId()));
    }

    public static GroupSpec readGroup(ByteReader in) {
        long groupId = in.signedVarLong();
        List<Replica> replicas =
                Fields.list(in, i -> new Replica(i.signedVarLong(), i.signedVarLong()));
        if (replicas.isEmpty()) {
            throw new MalformedException("a group without a replica");
        }
        return new GroupSpec(groupId, replicas);
    }

    public static void write(ByteWriter out, ShardConfig config) {
        out.signedVarLong(config.number());
        Fields.list(out, config.groups(), ConfigCodec::write);
        Fields.list(out, config.owners(), ByteWriter::signedVarLong);
    }

    public static ShardConfig readConfig(ByteReader in) {
        return new ShardConfig(
                in.signedVarLong(),
                Fields.list(in, ConfigCodec::readGroup),
                Fields.list(in, ByteReader::signedVarLong));
    }

    public static void write(ByteWriter out, MoveSettings moves) {
        Fields.int32(out, moves.transfersMax());
        out.signedVarLong(moves.bytesPerSecondMax()).bool(moves.isPaused());
        Fields.list(out, moves.pausedShards(), Fields::int32);
    }

    public static MoveSettings readMoves(ByteReader in) {
        return new MoveSettings(
                Fields.int32(in), in.signedVarLong(), in.bool(), Fields.list(in, Fields::int32));
    }

    public static void write(ByteWriter out, MoveTuning tuning) {
        out.bool(tuning.transfersMax().isPresent());
        tuning.transfersMax().ifPresent(count -> Fields.int32(out, count));
        out.bool(tuning.bytesPerSecondMax().isPresent());
        tuning.bytesPerSecondMax().ifPresent(out::signedVarLong);
        out.bool(tuning.isPaused().isPresent());
        tuning.isPaused().ifPresent(out::bool);
        Fields.list(out, tuning.pause(), Fields::int32);
        Fields.list(out, tuning.resume(), Fields::int32);
    }

    public static MoveTuning readTuning(ByteReader in) {
        return new MoveTuning(
                in.bool() ? Optional.of(Fields.int32(in)) : Optional.empty(),
                in.bool() ? Optional.of(in.signedVarLong()) : Optional.empty(),
                in.bool() ? Optional.of(in.bool()) : Optional.empty(),
                Fields.list(in, Fields::int32),
                Fields.list(in, Fields::int32));
    }

    /** As runs of shards that are alike: most are. */
    private static void writeServed(ByteWriter out, List<Served> served) {
        out.varInt(served.size());
        int from = 0;
        while (from < served.size()) {
            Served each = served.get(from);
            int end = from + 1;
            while (end < served.size() && served.get(end).equals(each)) {
                end++;
            }
            out.varInt(end - from).signedVarLong(each.config()).signedVarLong(each.groupId());
            from = end;
        }
    }

    private static List<Served> readServed(ByteReader in) {
        int count = in.varInt(SHARDS_MAX);
        List<Served> served = new ArrayList<>();
        while (served.size() < count) {
            int run = in.varInt(count - served.size());
            if (run == 0) {
                throw new MalformedException("a run of no shards");
            }
            served.addAll(
                    Collections.nCopies(run, new Served(in.signedVarLong(), in.signedVarLong())));
        }
        return served;
    }

    public static void write(ByteWriter out, ClusterMap map) {
        Fields.uuid(out, map.clusterId());
        write(out, map.settings());
        write(out, map.config());
        write(out, map.master());
        Fields.list(out, map.nodes(), ConfigCodec::write);
        writeServed(out, map.served());
        Fields.list(out, map.formerGroups(), ConfigCodec::write);
        write(out, map.moves());
    }

    public static ClusterMap readMap(ByteReader in) {
        return new ClusterMap(
                Fields.uuid(in),
                readSettings(in),
                readConfig(in),
                readGroup(in),
                Fields.list(in, ConfigCodec::readNode),
                readServed(in),
                Fields.list(in, ConfigCodec::readGroup),
                readMoves(in));
    }
}
