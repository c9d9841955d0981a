package io.somekv.raft;

import io.somekv.base.Bytes;

/**
 * One entry of the replicated log (Raft §5.3).
 *
 * @param logTime milliseconds since 1970, stamped by the leader that created the entry, never
 *     smaller than that of the entry before it; the only time that state machines may judge by
 * @param payload a batch of commands, encoded once by the leader; empty for NOOP and TIME
 */
public record Entry(EntryId id, EntryKind kind, long logTime, Bytes payload) {
    /**
     * What an entry weighs in every bound in bytes: its payload and a fixed share for its frame.
     */
    public int weight() {
        return weightOf(payload);
    }

    /** What an entry with this payload will weigh. */
    static int weightOf(Bytes payload) {
        return payload.size() + 32;
    }

    public long index() {
        return id.index();
    }

    public long term() {
        return id.term();
    }
}
