package io.somekv.sim.world;

/** What can go wrong, all at once if the seed says so. */
public enum Fault {
    /** A process is killed; the kernel keeps what it wrote, the engine loses what it buffered. */
    KILL,
    /** The power of a node goes: unsynced sectors and names are left to chance. */
    POWER_CUT,
    /** A node dies between two effects of a lane. */
    CRASH_AT_EFFECT,
    /** The power goes in the middle of the operations of a write or a sync. */
    CUT_IN_WRITE,
    /** Power is gone everywhere at once. */
    ALL_AT_ONCE,
    /** Two halves that do not hear each other. */
    SPLIT,
    /** Nodes that are heard and do not hear, or the other way round. */
    ONE_WAY,
    /** One node alone, by preference one that leads. */
    ISOLATE,
    /** Two nodes that only a third one connects. */
    BRIDGE,
    /** Loss, duplicates and delay go up for a while. */
    STORM,
    /** A disk takes seconds for a sync. */
    SLOW_DISK,
    /** A leader's disk stalls for as long as nobody hears it, and a little longer. */
    STALL_CUT_OFF,
    /** A sync fails: the node must stop. */
    SYNC_FAILURE,
    /** A write fails half way through it: the node must stop. */
    WRITE_FAILURE,
    /** Entries cannot be read back from the log: the node must stop. */
    READ_FAILURE,
    /** A disk has no space left for a while: a node may stop, and must lose nothing. */
    FULL_DISK,
    /** A disk has little space left for a while: what grows is refused, the node stays. */
    NEARLY_FULL_DISK,
    /** A process stands still for a while, and does not know it. */
    PAUSE,
    /** Not a fault: a node has others lead what it leads, as one does that is about to stop. */
    HAND_OVER,
    /** A node asks others to lead, and hears nobody soon after: it may not learn that they do. */
    HAND_OVER_CUT_OFF,
    /** The same, and all that nodes say to it takes long: it goes on by answers of before. */
    HAND_OVER_BEHIND,
    /** The leader of a source, a target or the shard master, right behind a step of a move. */
    AT_MOVE,
    /** A wall clock jumps. */
    CLOCK_JUMP,
    /** A byte of a synced log flips while its node is down: the node must not come back. */
    ROT,
    /** A write of long ago turns out to have gone to another place of the log: as with rot. */
    MISDIRECTED_WRITE,
    /** A node loses its disk and comes back on a blank one, under its old id. */
    WIPE;

    /** Whether a node may lose what it had synced. */
    boolean losesDisk() {
        return this == ROT || this == MISDIRECTED_WRITE || this == WIPE;
    }
}
