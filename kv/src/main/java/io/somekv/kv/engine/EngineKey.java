package io.somekv.kv.engine;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;

/**
 * The layout of the engine's keys: store id (4 bytes) ‖ shard (2) ‖ generation (8) ‖ kind (1) ‖
 * rest, all big-endian, so that a store, a shard, and a generation of a shard are ranges. Rows that
 * belong to the group and to no shard stand under {@link #GROUP}, which sorts behind every shard.
 */
public final class EngineKey {
    /** In place of a shard: rows of the group as a whole. */
    public static final int GROUP = 0xffff;

    /** Kind of the row that holds the applied index; only engines write it. */
    public static final int KIND_APPLIED = 0;

    private static final int STORE_ID_SIZE = 4;

    /** Of all that stands before the rest. */
    private static final int HEAD_SIZE = STORE_ID_SIZE + 2 + 8 + 1;

    private EngineKey() {}

    public static Bytes of(long storeId, int shard, long generation, int kind, Bytes rest) {
        return prefix(storeId, HEAD_SIZE + rest.size())
                .u16(shard)
                .i64(generation)
                .u8(kind)
                .raw(rest)
                .toBytes();
    }

    /**
     * Where the rows of {@code kind} of a generation begin; they end where those of the next begin.
     */
    public static Bytes first(long storeId, int shard, long generation, int kind) {
        return of(storeId, shard, generation, kind, Bytes.EMPTY);
    }

    /** A row of the group as a whole that is one of many, in the order of their numbers. */
    public static Bytes numbered(long storeId, int kind, long number) {
        return of(storeId, GROUP, 0, kind, new ByteWriter(8).i64(number).toBytes());
    }

    /** The number in a key that {@link #numbered} has made. */
    public static long number(Bytes key) {
        return rest(key).reader().i64();
    }

    /** Where the rows of a generation begin; its end is the next generation's. */
    public static Bytes firstOfGeneration(long storeId, int shard, long generation) {
        return prefix(storeId, 14).u16(shard).i64(generation).toBytes();
    }

    /** Where the rows of a store begin; its end is the next store's. */
    public static Bytes firstOfStore(long storeId) {
        return prefix(storeId, 4).toBytes();
    }

    /** The store that a key belongs to. */
    public static long storeId(Bytes key) {
        return key.reader().i32() & 0xffff_ffffL;
    }

    /** The shard that a key belongs to; {@link #GROUP} for none. */
    public static int shard(Bytes key) {
        return key.slice(STORE_ID_SIZE, 2).reader().u16();
    }

    /** The generation of its shard that a key belongs to. */
    public static long generation(Bytes key) {
        return key.slice(STORE_ID_SIZE + 2, 8).reader().i64();
    }

    /** The kind of row that a key is of. */
    public static int kind(Bytes key) {
        return key.slice(STORE_ID_SIZE + 10, 1).reader().u8();
    }

    /** What tells a key from others of its kind in its generation. */
    public static Bytes rest(Bytes key) {
        return key.slice(HEAD_SIZE, key.size() - HEAD_SIZE);
    }

    /** A key without its store id, which is the one part that differs between replicas. */
    public static Bytes withoutStore(Bytes key) {
        return key.slice(STORE_ID_SIZE, key.size() - STORE_ID_SIZE);
    }

    /** The other way. */
    public static Bytes inStore(long storeId, Bytes rest) {
        return prefix(storeId, STORE_ID_SIZE + rest.size()).raw(rest).toBytes();
    }

    /** The row that holds a store's applied index. */
    public static Bytes applied(long storeId) {
        return first(storeId, GROUP, 0, KIND_APPLIED);
    }

    private static ByteWriter prefix(long storeId, int size) {
        return new ByteWriter(size).i32(Math.toIntExact(storeId));
    }
}
