package io.somekv.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.Mutation;
import io.somekv.kv.KvMachine;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Request;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which reads are answered at once, and which take turns. */
class ReadQueueTest {
    private static final Now NOW = new Now(1, 1);

    private final ReadQueue reads =
            new ReadQueue(new KvMachine(new MemoryEngine(), 1, EnumSet.noneOf(Mutation.class)));
    private final List<Command> answered = new ArrayList<>();

    private void add(Command.Read command) {
        Request request = new Request(Optional.empty(), command);
        assertTrue(reads.add(request, command, (_, _, _) -> answered.add(command)));
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
}
