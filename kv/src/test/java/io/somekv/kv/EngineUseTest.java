package io.somekv.kv;

import static io.somekv.kv.Group.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.duplicates.DuplicateTable;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Command.Condition;
import io.somekv.protocol.command.Command.Expiry;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.frame.FrameCodec;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What commands cost: how often they read. */
class EngineUseTest {
    private static final int ENTRIES = 48 * 16;

    private static Bytes b(String text) {
        return Bytes.utf8(text);
    }

    /** A plain put needs nothing that is there, and must not pay for looking. */
    @Test
    void aBlindPutReadsNothing() {
        CountingEngine counting = new CountingEngine(new MemoryEngine());
        KvMachine machine = serving(counting);
        Group source = new Group();
        counting.reads = 0;
        machine.apply(
                new AppliedEntry(
                        2, Group.START, List.of(source.stamped(Command.Put.of(b("k"), b("v"))))));
        machine.apply(
                new AppliedEntry(
                        3, Group.START, List.of(source.stamped(Command.Put.of(b("k"), b("w"))))));
        assertEquals(0, counting.reads);
    }

    /** Whether time is to be awaited shows without the key where no key expires by then. */
    @Test
    void aReadReadsItsKeyOnce() {
        CountingEngine counting = new CountingEngine(new MemoryEngine());
        KvMachine machine = serving(counting);
        Group source = new Group();
        long expiry = Group.START + 1_000;
        Command.Put expires =
                new Command.Put(
                        b("e"),
                        b("v"),
                        Condition.ALWAYS,
                        new Expiry(Expiry.Kind.AFTER, 1_000),
                        false);
        machine.apply(
                new AppliedEntry(
                        2,
                        Group.START,
                        List.of(
                                source.stamped(Command.Put.of(b("k"), b("v"))),
                                source.stamped(expires))));
        Command.Get get = new Command.Get(b("k"));
        counting.reads = 0;
        assertFalse(machine.awaitsTime(get, expiry - 1));
        assertInstanceOf(Outcome.Value.class, machine.read(get));
        assertEquals(1, counting.reads);
        assertFalse(machine.awaitsTime(get, expiry));
        assertTrue(machine.awaitsTime(new Command.Get(b("e")), expiry));
        assertEquals(3, counting.reads);
    }

    /** Of an MGET whose answer no frame could carry, no more is read than shows that. */
    @Test
    void anAnswerThatCannotBeSentIsNotBuilt() {
        CountingEngine counting = new CountingEngine(new MemoryEngine());
        KvMachine machine = serving(counting);
        Bytes value = Bytes.wrap(new byte[1 << 20]);
        Group source = new Group();
        machine.apply(
                new AppliedEntry(
                        2, Group.START, List.of(source.stamped(Command.Put.of(b("k"), value)))));
        counting.reads = 0;
        Outcome outcome = machine.read(new Command.GetMany(Collections.nCopies(10_000, b("k"))));
        assertInstanceOf(Outcome.Invalid.class, outcome);
        assertEquals((FrameCodec.FRAME_SIZE_MAX >> 20) + 1, counting.reads);
        Outcome few = machine.read(new Command.GetMany(Collections.nCopies(20, b("k"))));
        assertEquals(20, assertInstanceOf(Outcome.Values.class, few).values().size());
    }

    /** In the steady state each entry lets one row of outcomes go; to look one up is dear. */
    @Test
    void outcomesThatGoAreReadManyAtATime() {
        assertEquals(ENTRIES / 16, readsToForget(1));
    }

    /** What is read and does not go yet stays in memory: three of five kilobytes, not sixteen. */
    @Test
    void largeOutcomesThatGoAreReadFewAtATime() {
        assertEquals(ENTRIES / 3, readsToForget(5 << 10));
    }

    /** After so many entries, each of which has an old value for its outcome. */
    private static int readsToForget(int valueSize) {
        CountingEngine counting = new CountingEngine(new MemoryEngine());
        KvMachine machine = serving(counting);
        Group source = new Group();
        Bytes value = Bytes.wrap(new byte[valueSize]);
        Command swap = new Command.Put(b("k"), value, Condition.ALWAYS, Expiry.NONE, true);
        for (int i = 0; i < ENTRIES; i++) {
            machine.apply(new AppliedEntry(2 + i, Group.START + i, List.of(source.stamped(swap))));
        }
        long later = Group.START + 2 * DuplicateTable.DEADLINE_AHEAD_MILLIS_MAX;
        counting.reads = 0;
        for (int i = 0; i < ENTRIES / 8; i++) {
            machine.apply(new AppliedEntry(2 + ENTRIES + i, later, List.of()));
        }
        assertEquals(0, machine.duplicateBytesHeld());
        return counting.reads;
    }

    private static KvMachine serving(Engine engine) {
        KvMachine machine = new KvMachine(engine, 1, EnumSet.noneOf(Mutation.class));
        machine.apply(
                new AppliedEntry(
                        1,
                        Group.START,
                        List.of(
                                Group.bare(new Command.Configure(GroupSettings.defaults(1))),
                                Group.bare(Command.Own.empty(0, 1)))));
        return machine;
    }

    private static final class CountingEngine implements Engine {
        private final Engine inner;
        int reads;

        CountingEngine(Engine inner) {
            this.inner = inner;
        }

        @Override
        public void apply(WriteBatch batch) {
            inner.apply(batch);
        }

        @Override
        public Optional<Bytes> get(Bytes key) {
            reads++;
            return inner.get(key);
        }

        @Override
        public void scan(Bytes from, Bytes to, RowVisitor visitor) {
            reads++;
            inner.scan(from, to, visitor);
        }

        @Override
        public long applied(long storeId) {
            return inner.applied(storeId);
        }

        @Override
        public long flushedApplied(long storeId) {
            return inner.flushedApplied(storeId);
        }

        @Override
        public long roughSize(Bytes from, Bytes to) {
            return inner.roughSize(from, to);
        }

        @Override
        public long unflushedBytes() {
            return inner.unflushedBytes();
        }

        @Override
        public void flush() {
            inner.flush();
        }

        @Override
        public List<Long> stores() {
            return inner.stores();
        }

        @Override
        public void drop(long storeId) {
            inner.drop(storeId);
        }

        @Override
        public Staging stage(long storeId) {
            return inner.stage(storeId);
        }

        @Override
        public Pin pin() {
            return inner.pin();
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
