package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Hash64;
import java.util.Optional;

/**
 * As much of a key's row as it takes to compare it with another.
 *
 * @param expiryMillis as in {@link StoredValue}; 0 where there is no row
 */
record RowDigest(long digest, long expiryMillis) {
    static final RowDigest NOTHING = new RowDigest(0, 0);

    static RowDigest of(Optional<Bytes> row) {
        return row.map(RowDigest::of).orElse(NOTHING);
    }

    static RowDigest of(Bytes row) {
        return new RowDigest(new Hash64().add(row).value(), StoredValue.decode(row).expiryMillis());
    }

    boolean visibleAt(long logTime) {
        return expiryMillis > logTime;
    }

    Bytes encode() {
        return new ByteWriter(16).i64(digest).i64(expiryMillis).toBytes();
    }

    static RowDigest decode(Bytes row) {
        ByteReader reader = row.reader();
        RowDigest decoded = new RowDigest(reader.i64(), reader.i64());
        reader.end();
        return decoded;
    }
}
