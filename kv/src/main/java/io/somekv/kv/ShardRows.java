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
 * each, and behind them records of the duplicate table.
 */
final class ShardRows {
    private static final int VERSION = 2;

    private static final int GONE = 0;
    private static final int KEY = 1;
    private static final int RECORD = 2;

    private final ByteWriter out = new ByteWriter(256).u8(VERSION);

    int size() {
        return out.size();
    }

    /** What is stored under a key now; empty where that is nothing any more. */
    void key(Bytes key, Optional<Bytes> row) {
        out.u8(row.isPresent() ? KEY : GONE).bytes(key);
        row.ifPresent(out::bytes);
    }

    void record(Bytes encoded) {
        out.u8(RECORD).bytes(encoded);
    }

    Bytes toBytes() {
        return out.toBytes();
    }

    /** Tells what a piece holds, in its order. */
    static void read(
            Bytes piece, BiConsumer<Bytes, Optional<Bytes>> eachKey, Consumer<Bytes> eachRecord) {
        ByteReader in = piece.reader();
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("a piece of a version not known here: " + version);
        }
        while (in.remaining() > 0) {
            int kind = in.u8();
            Bytes first = in.bytes(in.remaining());
            switch (kind) {
                case GONE -> eachKey.accept(first, Optional.empty());
                case KEY -> eachKey.accept(first, Optional.of(in.bytes(in.remaining())));
                case RECORD -> eachRecord.accept(first);
                default -> throw new MalformedException("a row of a kind not known here: " + kind);
            }
        }
    }

    static long digest(Bytes piece) {
        return new Hash64().add(piece).value();
    }

    /** Over a piece and those before it. */
    static long chain(long before, long digest) {
        return new Hash64().add(before).add(digest).value();
    }
}
