package io.somekv.kv.duplicates;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;

/**
 * What a duplicate table remembers of one executed request, on its way with the shard.
 *
 * @param floor the client's
 * @param latestDeadline the client's, in log time
 * @param isFreed the client has seen the result, and only the fence is left
 * @param result encoded; empty where it is freed
 */
public record MovedRecord(
        ClientId client,
        long sequence,
        long floor,
        long latestDeadline,
        boolean isFreed,
        Bytes result) {
    /** What one takes in a piece, roughly, but for its result. */
    static final int SIZE_BESIDES_RESULT = 32;

    /** In the order of clients and sequences. */
    public Bytes position() {
        return new ByteWriter(24).i64(client.high()).i64(client.low()).i64(sequence).toBytes();
    }

    static ClientId clientAt(Bytes position) {
        ByteReader in = position.reader();
        return new ClientId(in.i64(), in.i64());
    }

    static long sequenceAt(Bytes position) {
        return position.longAt(16);
    }

    public Bytes encode() {
        return new ByteWriter(48 + result.size())
                .i64(client.high())
                .i64(client.low())
                .varLong(sequence)
                .varLong(floor)
                .i64(latestDeadline)
                .bool(isFreed)
                .raw(result)
                .toBytes();
    }

    /** The other way. */
    public static MovedRecord decode(Bytes encoded) {
        ByteReader in = encoded.reader();
        return new MovedRecord(
                new ClientId(in.i64(), in.i64()),
                in.varLong(),
                in.varLong(),
                in.i64(),
                in.bool(),
                in.raw(in.remaining()));
    }
}
