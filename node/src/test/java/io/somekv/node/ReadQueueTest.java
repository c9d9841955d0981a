package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.ReadMode;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which reads are answered at once, and which take turns. */
class ReadQueueTest {
    private static final Now NOW = new Now(1, 1);

    private final ReadQueue reads =
            new ReadQueue(new KvMachine(new MemoryEngine(), 1, EnumSet.noneOf(Mutation.class)));
    private final List<Command> answered = new ArrayList<>();

    private void add(Command.Read command) {
        add(command, ReadMode.LEADER);
    }

    private void add(Command.Read command, ReadMode mode) {
        assertTrue(
                reads.add(
                        new ReadQueue.Waiting(
                                command, mode, 1, (_, _, _) -> answered.add(command))));
    }

    /** Counting every shard of a group takes as many turns as there are shards. */
    @Test
    void readsThatScanTakeTurns() {
        Command.Read get = new Command.Get(Bytes.utf8("k"));
        add(new Command.CountKeys(0));
        add(new Command.CountKeys(1));
        add(get);
        reads.ask(1);
        reads.confirmed(1, 0);
        assertFalse(reads.answer(NOW, 0));
        assertEquals(List.of(get), answered);
        assertTrue(reads.hasScans());
        assertFalse(reads.isIdle());
        reads.answerScan(NOW, 0);
        assertEquals(List.of(get, new Command.CountKeys(0)), answered);
        reads.answerScan(NOW, 0);
        assertEquals(List.of(get, new Command.CountKeys(0), new Command.CountKeys(1)), answered);
        assertFalse(reads.hasScans());
        assertTrue(reads.isIdle());
        reads.answerScan(NOW, 0);
    }

    /** What may be old is not held up by what waits for an index that may never come here. */
    @Test
    void readsAskByAgeAndTheLowestIndexIsAnsweredFirst() {
        Command.Read fresh = new Command.Get(Bytes.utf8("fresh"));
        Command.Read old = new Command.Get(Bytes.utf8("old"));
        add(fresh, ReadMode.LOCAL);
        add(old, ReadMode.stale(ReadMode.ANY_AGE));
        assertEquals(0, reads.ask(1));
        assertEquals(ReadMode.ANY_AGE, reads.ask(2));
        assertFalse(reads.hasGathered());
        reads.confirmed(1, 5);
        reads.confirmed(2, 0);
        assertFalse(reads.answer(NOW, 0));
        assertEquals(List.of(old), answered);
        assertFalse(reads.isIdle());
    }
}
