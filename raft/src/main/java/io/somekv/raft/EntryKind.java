package io.somekv.raft;

import org.jspecify.annotations.Nullable;

/** What an entry carries. The ordinal never reaches a disk: {@link #code} does. */
public enum EntryKind {
    /** Nothing: the entry with which a leader begins its term (Raft §8). */
    NOOP(0),
    /** A batch of commands for the replicated state machine; opaque to this module. */
    COMMANDS(1),
    /** Nothing but its log time, so that reads of an idle group can judge expiry. */
    TIME(2),
    /** A membership (Raft §6); takes effect when appended. */
    MEMBERSHIP(3);

    private final int code;

    EntryKind(int code) {
        this.code = code;
    }

    /** The byte that stands for this kind on disk and on the wire. */
    public int code() {
        return code;
    }

    /** The kind of {@code code}; null where there is none. */
    public static @Nullable EntryKind ofCode(int code) {
        for (EntryKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
