package io.somekv.protocol.config;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.MalformedException;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.config.GroupSpec.Replica;
import java.util.List;

/** The bytes of this package's records, as they stand inside commands and outcomes. */
public final class ConfigCodec {
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
    }

    public static NodeInfo readNode(ByteReader in) {
        return new NodeInfo(
                in.signedVarLong(),
                Fields.uuid(in),
                Fields.text(in),
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

    public static void write(ByteWriter out, ClusterMap map) {
        Fields.uuid(out, map.clusterId());
        write(out, map.settings());
        write(out, map.config());
        write(out, map.master());
        Fields.list(out, map.nodes(), ConfigCodec::write);
    }

    public static ClusterMap readMap(ByteReader in) {
        return new ClusterMap(
                Fields.uuid(in),
                readSettings(in),
                readConfig(in),
                readGroup(in),
                Fields.list(in, ConfigCodec::readNode));
    }
}
