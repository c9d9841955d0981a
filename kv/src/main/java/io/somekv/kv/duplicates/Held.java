package io.somekv.kv.duplicates;

import org.jspecify.annotations.Nullable;

/** How much the duplicate table, or its part of one shard, holds; a part counts in the whole. */
final class Held {
    private final @Nullable Held whole;
    private long clients;
    private long records;

    /** Of results that no client has acknowledged. */
    private long resultBytes;

    /** The whole. */
    Held() {
        this.whole = null;
    }

    /** A part, empty as yet. */
    Held(Held whole) {
        this.whole = whole;
    }

    long clients() {
        return clients;
    }

    long records() {
        return records;
    }

    long resultBytes() {
        return resultBytes;
    }

    void addClients(long count) {
        clients += count;
        if (whole != null) {
            whole.addClients(count);
        }
    }

    void addRecords(long count) {
        records += count;
        if (whole != null) {
            whole.addRecords(count);
        }
    }

    void addResultBytes(long bytes) {
        resultBytes += bytes;
        if (whole != null) {
            whole.addResultBytes(bytes);
        }
    }
}
