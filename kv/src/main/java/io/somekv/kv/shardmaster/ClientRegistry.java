package io.somekv.kv.shardmaster;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import io.somekv.base.Invariant;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.protocol.codec.Fields;
import io.somekv.protocol.command.ClientId;
import java.util.Optional;
import java.util.UUID;

/**
 * Gives out client ids: a counter, never set back, beside a hash of cluster and nonce, so that
 * neither two clusters give out the same one, nor a cluster whose counter was set back after all,
 * by a recovery without a majority. A registration names a nonce; who asks again with the same one,
 * because the answer was lost, gets the same id (KB-40).
 *
 * <p>A nonce is remembered for {@link #NONCE_KEPT_MILLIS} of log time. Who repeats it later gets a
 * new id, which costs nothing: the first one was never used.
 */
final class ClientRegistry {
    static final long NONCE_KEPT_MILLIS = 60 * 60 * 1000;

    /** Nonces that one entry forgets at most. */
    private static final int SWEEP_MAX = 64;

    private final long storeId;

    /** Numbers in [firstKept, next) have rows; {@code next} is given out next. From 1. */
    private long firstKept = 1;

    private long next = 1;

    /** Log time of registration {@link #firstKept}; only meaningful if there is one. */
    private long firstKeptLogTime;

    ClientRegistry(Engine engine, long storeId) {
        this.storeId = storeId;
        Optional<Bytes> counts = engine.get(countKey());
        if (counts.isPresent()) {
            ByteReader reader = counts.get().reader();
            firstKept = reader.i64();
            next = reader.i64();
            reader.end();
        }
        if (firstKept < next) {
            firstKeptLogTime = registration(engine.get(registrationKey(firstKept))).i64();
        }
    }

    ClientId register(UUID nonce, UUID clusterId, EntryWrites writes) {
        Optional<Bytes> known = writes.get(nonceKey(nonce));
        if (known.isPresent()) {
            return idOf(known.get().reader().i64(), nonce, clusterId);
        }
        long number = next++;
        if (number == firstKept) {
            firstKeptLogTime = writes.logTime();
        }
        writes.put(nonceKey(nonce), new ByteWriter(8).i64(number).toBytes());
        ByteWriter row = new ByteWriter(24).i64(writes.logTime());
        Fields.uuid(row, nonce);
        writes.put(registrationKey(number), row.toBytes());
        storeCounts(writes);
        return idOf(number, nonce, clusterId);
    }

    /** First thing in an entry: forgets nonces that are old enough, a bounded number. */
    void sweep(EntryWrites writes) {
        long before = firstKept;
        while (firstKept < next
                && firstKept - before < SWEEP_MAX
                && writes.logTime() - firstKeptLogTime > NONCE_KEPT_MILLIS) {
            ByteReader row = registration(writes.get(registrationKey(firstKept)));
            row.i64();
            writes.delete(nonceKey(Fields.uuid(row)));
            writes.delete(registrationKey(firstKept));
            firstKept++;
            if (firstKept < next) {
                firstKeptLogTime = registration(writes.get(registrationKey(firstKept))).i64();
            }
        }
        if (firstKept != before) {
            storeCounts(writes);
        }
    }

    private void storeCounts(EntryWrites writes) {
        writes.put(countKey(), new ByteWriter(16).i64(firstKept).i64(next).toBytes());
    }

    private static ClientId idOf(long number, UUID nonce, UUID clusterId) {
        long whose =
                new Hash64()
                        .add(clusterId.getMostSignificantBits())
                        .add(clusterId.getLeastSignificantBits())
                        .add(nonce.getMostSignificantBits())
                        .add(nonce.getLeastSignificantBits())
                        .value();
        return new ClientId(whose, number);
    }

    private static ByteReader registration(Optional<Bytes> row) {
        return row.orElseThrow(() -> Invariant.unreachable("a kept registration has a row"))
                .reader();
    }

    private Bytes countKey() {
        return EngineKey.first(storeId, EngineKey.GROUP, 0, RowKind.CLIENT_COUNT);
    }

    private Bytes nonceKey(UUID nonce) {
        return EngineKey.of(storeId, EngineKey.GROUP, 0, RowKind.NONCE, MasterRows.encode(nonce));
    }

    private Bytes registrationKey(long number) {
        return EngineKey.numbered(storeId, RowKind.REGISTRATION, number);
    }
}
