package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.kv.AppliedEntry;
import io.somekv.kv.KvMachine;
import io.somekv.protocol.command.ClientId;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.protocol.command.RequestStamp;
import io.somekv.protocol.config.GroupSettings;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the MIT lab kvsrv and DSLabs lab 1 check: what a server keeps in memory is small, however
 * large the values are and however many clients there were. As in the labs, it is the heap that is
 * measured: of the state machine on the engine that servers have, whose rows lie outside of it.
 */
class MemoryLabTest {
    private static final int STORE = 7;
    private static final long LOG_TIME = 1_700_000_000_000L;
    private static final int MIB = 1 << 20;

    /** The labs' values of one of their checks. */
    private static final int LARGE = 10 * MIB;

    /** DSLabs' bound. MIT's are the size of a value, and three times that. */
    private static final long HEAP_BYTES_MAX = 2_000_000;

    private static final int CLIENTS = 100_000;
    private static final int THOUSAND = 1_000;

    /** The last line of a histogram of classes: instances, and bytes. */
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +[0-9]+ +([0-9]+)");

    private static final Bytes KEY = Bytes.utf8("k");
    private static final Bytes SMALL = Bytes.utf8("0");

    @TempDir private Path folder;
    private RocksEngine engine;
    private KvMachine machine;

    @BeforeEach
    void open() {
        engine = RocksEngine.open(folder);
        machine = new KvMachine(engine, STORE, Collections.emptySet());
        apply(Optional.empty(), new Command.Configure(new GroupSettings(1, 4 * LARGE, 8, 1)));
        apply(Optional.empty(), Command.Own.empty(0, 1));
        send(0, 1, Command.Put.of(KEY, SMALL));
        assertEquals(SMALL, read());
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private Outcome apply(Optional<RequestStamp> stamp, Command command) {
        List<Request> requests = List.of(new Request(stamp, command));
        return machine.apply(new AppliedEntry(machine.appliedIndex() + 1, LOG_TIME, requests))
                .getFirst();
    }

    private void send(long client, long sequence, Command command) {
        RequestStamp stamp =
                new RequestStamp(
                        new ClientId(1, client), sequence, sequence, List.of(), LOG_TIME + 60_000);
        assertInstanceOf(Outcome.Result.class, apply(Optional.of(stamp), command));
    }

    /** By a key of its own: who keeps commands keeps each. */
    private Bytes read() {
        Outcome outcome = machine.read(new Command.Get(Bytes.utf8("k")));
        return assertInstanceOf(Outcome.Value.class, outcome).value();
    }

    private static Bytes zeros(int size) {
        return Bytes.wrap(new byte[size]);
    }

    /**
     * Of all objects that can be reached. What a collector says is in use has the rest of the
     * regions in it that it gives to large arrays, and that is no matter of the program.
     */
    private static long heapBytes() throws JMException {
        Object histogram =
                ManagementFactory.getPlatformMBeanServer()
                        .invoke(
                                ObjectName.getInstance("com.sun.management:type=DiagnosticCommand"),
                                "gcClassHistogram",
                                new Object[] {new String[0]},
                                new String[] {String[].class.getName()});
        Matcher total = TOTAL.matcher(histogram.toString());
        assertTrue(total.find(), "the sum of all classes");
        return Long.parseLong(total.group(1));
    }

    private static void assertGrewBy(long bytesMax, long before) throws JMException {
        long grown = heapBytes() - before;
        assertTrue(grown <= bytesMax, "bytes of heap: " + grown + ", allowed: " + bytesMax);
    }

    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemPut2")
    @Tag("lab:DSLabs.lab1.GarbageCollection")
    void largeValuesThatAreOverwrittenAreGone() throws JMException {
        long before = heapBytes();
        for (int client = 1; client <= 2; client++) {
            send(client, 1, Command.Put.of(KEY, zeros(LARGE)));
        }
        for (int client = 1; client <= 2; client++) {
            send(client, 2, Command.Put.of(KEY, SMALL));
        }
        assertGrewBy(HEAP_BYTES_MAX, before);
        assertEquals(SMALL, read());
    }

    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemAppend2")
    void largeValuesThatAreAppendedLieOnlyInTheKey() throws JMException {
        long before = heapBytes();
        for (int client = 1; client <= 2; client++) {
            send(client, 1, new Command.Append(KEY, zeros(LARGE)));
        }
        assertGrewBy(HEAP_BYTES_MAX, before);
        assertEquals(1 + 2 * LARGE, read().size());
    }

    /**
     * No append keeps what it appended, nor what the value was: else it were a million and more.
     */
    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemManyAppends")
    void manyAppendsLeaveOneValue() throws JMException {
        long before = heapBytes();
        for (int i = 1; i <= THOUSAND; i++) {
            send(1, i, new Command.Append(KEY, zeros(THOUSAND)));
        }
        assertGrewBy(THOUSAND * THOUSAND / 2, before);
        assertEquals(1 + THOUSAND * THOUSAND, read().size());
    }

    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemGet2")
    void largeValuesThatWereReadAreGone() throws JMException {
        long before = heapBytes();
        send(1, 1, Command.Put.of(KEY, zeros(LARGE)));
        for (int client = 1; client <= 2; client++) {
            assertEquals(LARGE, read().size());
        }
        send(1, 2, Command.Put.of(KEY, SMALL));
        assertGrewBy(HEAP_BYTES_MAX, before);
    }

    /** The count by which the table of duplicates is bounded is no less than what it takes. */
    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemPutManyClients")
    void aHundredThousandClientsTakeAtMostTwoHundredBytesEach() throws JMException {
        long countedBefore = machine.duplicateBytesHeld();
        long before = heapBytes();
        for (int client = 1; client <= CLIENTS; client++) {
            send(client, 1, Command.Put.of(KEY, zeros(THOUSAND)));
        }
        long counted = machine.duplicateBytesHeld() - countedBefore;
        assertTrue(counted <= 200L * CLIENTS, "bytes counted: " + counted);
        assertGrewBy(counted, before);
    }

    @Test
    @Tag("lab:MIT-2020.kvsrv.TestMemGetManyClients")
    void aHundredThousandReadersTakeLessThanTenBytesEach() throws JMException {
        send(1, 1, Command.Put.of(KEY, zeros(THOUSAND)));
        long counted = machine.duplicateBytesHeld();
        long before = heapBytes();
        for (int client = 1; client <= CLIENTS; client++) {
            assertEquals(THOUSAND, read().size());
        }
        assertGrewBy(10L * CLIENTS, before);
        assertEquals(counted, machine.duplicateBytesHeld());
    }
}
