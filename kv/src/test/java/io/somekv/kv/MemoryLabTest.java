package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSettings;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the MIT lab kvsrv checks: what a server keeps so that nothing counts twice is small, however
 * large the values are. The labs measure the heap; here the bytes of the duplicate table are known.
 */
class MemoryLabTest {
    private static final Bytes KEY = Bytes.utf8("k");
    private static final int MIB = 1 << 20;

    /** What one client may cost, as in {@link DuplicatesTest}. */
    private static final long CLIENT_BYTES_MAX = 200;

    /** What the row of an entry's outcomes takes until it is swept. */
    private static final long ENTRY_BYTES_MAX = 40;

    private final Group group = Group.serving(new GroupSettings(4, 2 * MIB, 8, 1));

    private List<Outcome> send(int client, long sequence, Command command) {
        return group.apply(group.stamped(new ClientId(1, client), sequence, sequence, command));
    }

    private void assertHeldBy(int clients, int entries) {
        long held = group.machine.duplicateBytesHeld();
        long allowed = clients * CLIENT_BYTES_MAX + entries * ENTRY_BYTES_MAX;
        assertTrue(held <= allowed, "bytes: " + held);
        assertEquals(MIB, ((Outcome.Value) group.get("k")).value().size());
    }

    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemPut2")
    @Tag("lab:DSLabs.lab1.GarbageCollection")
    void twoClientsThatPutLargeValuesLeaveOneValue() {
        send(1, 1, Command.Put.of(KEY, Bytes.wrap(new byte[MIB])));
        send(2, 1, Command.Put.of(KEY, Bytes.wrap(new byte[MIB])));
        assertHeldBy(2, 2);
    }

    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemAppend2")
    void twoClientsThatAppendLargeValuesLeaveThemOnlyInTheKey() {
        send(1, 1, new Command.Append(KEY, Bytes.wrap(new byte[MIB / 2])));
        send(2, 1, new Command.Append(KEY, Bytes.wrap(new byte[MIB / 2])));
        assertHeldBy(2, 2);
    }

    /**
     * No append keeps what the value was: a mebibyte of appends leaves 40 KiB until it is swept.
     */
    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemManyAppends")
    void manyAppendsLeaveOneValue() {
        for (int i = 1; i <= 1024; i++) {
            send(1, i, new Command.Append(KEY, Bytes.wrap(new byte[1024])));
        }
        assertHeldBy(1, 1024);
    }

    /** The labs allow ten bytes a client that has read; here it is none. */
    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemGet2")
    @Tag("lab:MIT-2020.kvsrv.TestMemGetManyClients")
    void readsLeaveNothing() {
        send(1, 1, Command.Put.of(KEY, Bytes.wrap(new byte[MIB])));
        long held = group.machine.duplicateBytesHeld();
        for (int i = 0; i < 100_000; i++) {
            assertEquals(MIB, ((Outcome.Value) group.get("k")).value().size());
        }
        assertEquals(held, group.machine.duplicateBytesHeld());
        assertHeldBy(1, 1);
    }
}
