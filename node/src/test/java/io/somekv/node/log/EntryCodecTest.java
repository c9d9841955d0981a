package io.somekv.node.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.base.ByteReader;
import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.raft.Entry;
import io.somekv.raft.EntryId;
import io.somekv.raft.EntryKind;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Entries and memberships come out of their bytes as they went in, or not at all. */
class EntryCodecTest {
    private static final Entry ENTRY =
            new Entry(
                    new EntryId(300, Long.MAX_VALUE),
                    EntryKind.COMMANDS,
                    1_790_000_000_000L,
                    Bytes.utf8("a batch"));

    private static Bytes encoded(Entry entry) {
        ByteWriter writer = new ByteWriter();
        EntryCodec.encode(writer, entry);
        return writer.toBytes();
    }

    @Test
    void everyKindOfEntryComesBack() {
        for (EntryKind kind : EntryKind.values()) {
            Entry entry = new Entry(new EntryId(1, 2), kind, 3, Bytes.EMPTY);
            assertEquals(entry, EntryCodec.decode(encoded(entry).reader()));
        }
        ByteReader reader = encoded(ENTRY).concat(encoded(ENTRY)).reader();
        assertEquals(ENTRY, EntryCodec.decode(reader));
        assertEquals(ENTRY, EntryCodec.decode(reader));
        reader.end();
    }

    /** The layout is a format: it changes with a new version or never. */
    @Test
    void theBytesAreThese() {
        Entry entry = new Entry(new EntryId(1, 300), EntryKind.TIME, 5, Bytes.utf8("hi"));
        assertEquals("\\x01\\xac\\x02\\x02\\x05\\x02hi", encoded(entry).toString());
    }

    @Test
    void shortOrForeignBytesAreRefused() {
        Bytes bytes = encoded(ENTRY);
        for (int size = 0; size < bytes.size(); size++) {
            Bytes cut = bytes.slice(0, size);
            assertThrows(MalformedException.class, () -> EntryCodec.decode(cut.reader()));
        }
        Bytes unknownKind = Bytes.wrap(new byte[] {1, 1, 9, 1, 0});
        assertThrows(MalformedException.class, () -> EntryCodec.decode(unknownKind.reader()));
        Bytes noIndex = Bytes.wrap(new byte[] {1, 0, 1, 1, 0});
        assertThrows(MalformedException.class, () -> EntryCodec.decode(noIndex.reader()));
    }

    @Test
    void noBytesDoMoreThanBeRefused() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(60)];
            random.nextBytes(noise);
            try {
                EntryCodec.decode(Bytes.wrap(noise).reader());
            } catch (MalformedException _) {
                // As it should be, for most.
            }
        }
    }
}
