package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.MalformedException;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The contents of a piece of a shard on its way (docs/FORMATS.md): keys with what is stored under
 * each, or records of the duplicate table.
 */
final class ShardRows {
    private static final int VERSION = 1;

    private final ByteWriter out = new ByteWriter(256).u8(VERSION);

    int size() {
        return out.size();
    }

    /** What is stored under a key now; empty where that is nothing any more. */
    void key(Bytes key, Optional<Bytes> row) {
        out.bytes(key).bool(row.isPresent());
        row.ifPresent(out::bytes);
    }

    void record(Bytes encoded) {
        out.bytes(encoded);
    }

    Bytes toBytes() {
        return out.toBytes();
    }

    /** The keys of a piece of keys. */
    static void keys(Bytes piece, BiConsumer<Bytes, Optional<Bytes>> each) {
        ByteReader in = versioned(piece);
        while (in.remaining() > 0) {
            Bytes key = in.bytes(in.remaining());
            each.accept(key, in.bool() ? Optional.of(in.bytes(in.remaining())) : Optional.empty());
        }
    }

    /** The records of a piece of records. */
    static void records(Bytes piece, Consumer<Bytes> each) {
        ByteReader in = versioned(piece);
        while (in.remaining() > 0) {
            each.accept(in.bytes(in.remaining()));
        }
    }

    static long digest(Bytes piece) {
        return new Hash64().add(piece).value();
    }

    /** Over a piece and those before it. */
    static long chain(long before, long digest) {
        return new Hash64().add(before).add(digest).value();
    }

    private static ByteReader versioned(Bytes piece) {
        ByteReader in = piece.reader();
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("a piece of a version not known here: " + version);
        }
        return in;
    }
}
