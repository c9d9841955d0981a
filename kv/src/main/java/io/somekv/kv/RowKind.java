package io.somekv.kv;

/**
 * The kinds of rows that the state machines write (docs/FORMATS.md): the byte behind the generation
 * in an engine key. Kind 0 is the engine's own. A number once given out is never given again.
 */
public final class RowKind {
    // ---- rows of a shard's generation

    /** A user key and its value: {@link StoredValue}. */
    public static final int KEY = 1;

    /**
     * A key that changed while its shard is copied; rest: index of the entry that did it, and key.
     */
    public static final int CHANGE = 7;

    /**
     * What a key was when its shard came here, where it has changed since and the source has not
     * yet released: {@link RowDigest}.
     */
    public static final int ORIGINAL = 11;

    /** When a key expires; rest: that time, and key. */
    public static final int EXPIRY = 12;

    // ---- rows of the group, under EngineKey.GROUP and generation 0

    /** Log time of the last applied entry. */
    public static final int LOG_TIME = 2;

    /** The outcomes of one entry; rest: its index. */
    public static final int OUTCOMES = 3;

    /** The group's settings. */
    public static final int SETTINGS = 4;

    /** Ownership of one shard; rest: its number. */
    public static final int SHARD = 5;

    /** A shard on its way out: {@link Outgoing}; rest: shard and id of the copy. */
    public static final int OUTGOING = 9;

    /** A shard on its way in: {@link Incoming}; rest: shard and config. */
    public static final int INCOMING = 10;

    // ---- rows of the shard master

    /** Cluster id and settings. */
    public static final int CLUSTER = 16;

    /** A node; rest: its id. */
    public static final int NODE = 17;

    /** A config; rest: its number. */
    public static final int CONFIG = 18;

    /** How many client ids were given out, and which registrations are remembered. */
    public static final int CLIENT_COUNT = 19;

    /** The number of the client that registered with a nonce; rest: the nonce. */
    public static final int NONCE = 20;

    /** A registration's log time and nonce; rest: the client's number. */
    public static final int REGISTRATION = 21;

    /** The members of a group as it last reported them; rest: the group's id. */
    public static final int MEMBERS = 22;

    /** Who has served a shard last; rest: its number. */
    public static final int SERVED = 23;

    /** How shards may move. */
    public static final int MOVE_SETTINGS = 24;

    /** By which rules the caretaker decides. */
    public static final int CARETAKER = 32;

    /** How a node is used, where not as usual; rest: its id. */
    public static final int NODE_USE = 33;

    /** A shard that somebody moved, and the caretaker leaves where it is; rest: its number. */
    public static final int PINNED = 34;

    /** A decision of the caretaker; rest: its number. */
    public static final int DECISION = 35;

    private RowKind() {}
}
