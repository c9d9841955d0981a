package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;

/**
 * The value of a user key's row: a byte of version and flags, the expiry if there is one, the
 * user's bytes.
 *
 * @param expiryMillis log time from which the key is gone; {@link #NEVER} if it stays
 */
record StoredValue(long expiryMillis, Bytes value) {
    static final long NEVER = Long.MAX_VALUE;

    private static final int VERSION = 0x10;
    private static final int VERSION_MASK = 0xf0;
    private static final int HAS_EXPIRY = 0x01;

    static StoredValue lasting(Bytes value) {
        return new StoredValue(NEVER, value);
    }

    static StoredValue decode(Bytes row) {
        ByteReader reader = row.reader();
        int head = reader.u8();
        if ((head & VERSION_MASK) != VERSION || (head & ~(VERSION_MASK | HAS_EXPIRY)) != 0) {
            throw new MalformedException("a value row of a version not known here: " + head);
        }
        long expiry = (head & HAS_EXPIRY) != 0 ? reader.i64() : NEVER;
        return new StoredValue(expiry, reader.raw(reader.remaining()));
    }

    Bytes encode() {
        ByteWriter writer = new ByteWriter(value.size() + 9);
        if (expires()) {
            writer.u8(VERSION | HAS_EXPIRY).i64(expiryMillis);
        } else {
            writer.u8(VERSION);
        }
        return writer.raw(value).toBytes();
    }

    boolean expires() {
        return expiryMillis != NEVER;
    }

    /** A key is there for as long as its expiry lies ahead of log time. */
    boolean visibleAt(long logTime) {
        return expiryMillis > logTime;
    }
}
