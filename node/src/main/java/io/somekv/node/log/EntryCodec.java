package io.somekv.node.log;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.MalformedException;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;

/**
 * The bytes of an entry, the same in the write-ahead log and between nodes (docs/FORMATS.md). The
 * payload is in them as the leader encoded it, so that nothing on the way can change a command
 * (KB-23).
 */
public final class EntryCodec {
    private EntryCodec() {}

    public static void encode(ByteWriter writer, Entry entry) {
        writer.varLong(entry.term())
                .varLong(entry.index())
                .u8(entry.kind().code())
                .varLong(entry.logTime())
                .bytes(entry.payload());
    }

    /**
     * The payload is a slice of what is read.
     *
     * @throws MalformedException when these are not the bytes of an entry
     */
    public static Entry decode(ByteReader reader) {
        EntryId id = new EntryId(reader.varLong(), reader.varLong());
        int code = reader.u8();
        EntryKind kind = EntryKind.ofCode(code);
        if (kind == null) {
            throw new MalformedException("no kind of entry has the code " + code);
        }
        if (id.term() <= 0 || id.index() <= 0) {
            throw new MalformedException("an entry with the id " + id);
        }
        return new Entry(id, kind, reader.varLong(), reader.bytes(reader.remaining()));
    }
}
