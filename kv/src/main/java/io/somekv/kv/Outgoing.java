package io.somekv.kv;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.codec.Fields;

/**
 * One shard's way out of this group (DESIGN §7), from the start of its copying until what is left
 * of it here may go.
 *
 * @param copyId index of the entry that began it
 * @param config from which on the target is to own the shard
 * @param generation of the rows that are copied
 * @param freezeId index of the entry that froze it last; 0 while writes are taken
 * @param frozenLogTime of that entry: for this shard time stands still there
 */
public record Outgoing(
        int shard,
        long copyId,
        long config,
        long targetGroup,
        long generation,
        Phase phase,
        long freezeId,
        long frozenLogTime) {
    private static final int VERSION = 1;
    private static final Phase[] PHASES = Phase.values();

    /** How far it is. */
    public enum Phase {
        /** Everything is served here, and changes are kept track of. */
        COPYING,
        /** Writes are refused; it may go back to the phase before. */
        FROZEN,
        /** The shard is the target's; only old rows are left. */
        HANDED_OVER
    }

    /** Still this group's shard. */
    boolean isActive() {
        return phase != Phase.HANDED_OVER;
    }

    Outgoing frozen(long byEntry, long atLogTime) {
        return new Outgoing(
                shard, copyId, config, targetGroup, generation, Phase.FROZEN, byEntry, atLogTime);
    }

    Outgoing unfrozen() {
        return new Outgoing(shard, copyId, config, targetGroup, generation, Phase.COPYING, 0, 0);
    }

    Outgoing handedOver() {
        return new Outgoing(
                shard,
                copyId,
                config,
                targetGroup,
                generation,
                Phase.HANDED_OVER,
                freezeId,
                frozenLogTime);
    }

    Bytes encode() {
        ByteWriter row =
                new ByteWriter(48)
                        .u8(VERSION)
                        .u16(shard)
                        .varLong(copyId)
                        .varLong(config)
                        .varLong(targetGroup)
                        .varLong(generation);
        Fields.constant(row, phase);
        return row.varLong(freezeId).varLong(frozenLogTime).toBytes();
    }

    static Outgoing decode(Bytes row) {
        ByteReader reader = row.reader();
        int version = reader.u8();
        if (version != VERSION) {
            throw new MalformedException("a move of a version not known here: " + version);
        }
        Outgoing outgoing =
                new Outgoing(
                        reader.u16(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        reader.varLong(),
                        Fields.constant(reader, PHASES),
                        reader.varLong(),
                        reader.varLong());
        reader.end();
        return outgoing;
    }
}
