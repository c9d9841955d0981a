package io.somekv.kv.shardmaster;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.config.ConfigCodec;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.Served;
import java.util.UUID;

/** The shard master's rows as bytes (docs/FORMATS.md). */
final class MasterRows {
    static final int VERSION = 1;

    /**
     * Of a node's row: with version 1, of builds that were not released, it had no cluster port.
     */
    private static final int NODE_VERSION = 2;

    private MasterRows() {}

    /**
     * What the cluster is from its start on.
     *
     * @param master the shard master's own group
     */
    record Cluster(UUID clusterId, GroupSettings settings, GroupSpec master) {}

    static Bytes encode(Cluster cluster) {
        ByteWriter writer = new ByteWriter().u8(VERSION);
        Fields.uuid(writer, cluster.clusterId);
        ConfigCodec.write(writer, cluster.settings);
        ConfigCodec.write(writer, cluster.master);
        return writer.toBytes();
    }

    static Cluster cluster(Bytes row) {
        ByteReader reader = versioned(row);
        return new Cluster(
                Fields.uuid(reader),
                ConfigCodec.readSettings(reader),
                ConfigCodec.readGroup(reader));
    }

    static Bytes encode(NodeInfo node) {
        ByteWriter writer = new ByteWriter().u8(NODE_VERSION);
        ConfigCodec.write(writer, node);
        return writer.toBytes();
    }

    static NodeInfo node(Bytes row) {
        return ConfigCodec.readNode(versioned(row, NODE_VERSION));
    }

    static Bytes encode(GroupMembers.Report report) {
        ByteWriter writer = new ByteWriter().u8(VERSION);
        ConfigCodec.write(writer, report.group());
        return writer.varLong(report.version()).toBytes();
    }

    static GroupMembers.Report report(Bytes row) {
        ByteReader reader = versioned(row);
        return new GroupMembers.Report(ConfigCodec.readGroup(reader), reader.varLong());
    }

    static Bytes encode(Served served) {
        return new ByteWriter()
                .u8(VERSION)
                .varLong(served.config())
                .varLong(served.groupId())
                .toBytes();
    }

    static Served served(Bytes row) {
        ByteReader reader = versioned(row);
        return new Served(reader.varLong(), reader.varLong());
    }

    static Bytes encode(MoveSettings moves) {
        ByteWriter writer = new ByteWriter().u8(VERSION);
        ConfigCodec.write(writer, moves);
        return writer.toBytes();
    }

    static MoveSettings moves(Bytes row) {
        return ConfigCodec.readMoves(versioned(row));
    }

    static Bytes encode(UUID value) {
        ByteWriter writer = new ByteWriter(16);
        Fields.uuid(writer, value);
        return writer.toBytes();
    }

    static ByteReader versioned(Bytes row) {
        return versioned(row, VERSION);
    }

    private static ByteReader versioned(Bytes row, int known) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != known) {
            throw new MalformedException("a row of a version not known here: " + version);
        }
        return reader;
    }
}
