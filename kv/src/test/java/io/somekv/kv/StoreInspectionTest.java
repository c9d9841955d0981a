package io.somekv.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.engine.Engine;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.protocol.command.Command;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is found of shards in a store that nobody uses. */
class StoreInspectionTest {
    private final Group group = Group.serving();

    private StoreInspection inspect() {
        try (Engine.Pin rows = group.engine.pin()) {
            return StoreInspection.of(rows, Group.STORE);
        }
    }

    private void put(Bytes key, Bytes value) {
        group.engine.apply(
                new WriteBatch(Group.STORE, group.machine.appliedIndex()).put(key, value));
    }

    private static Bytes stateKey(int shard) {
        return EngineKey.of(
                Group.STORE,
                EngineKey.GROUP,
                0,
                RowKind.SHARD,
                new ByteWriter(2).u16(shard).toBytes());
    }

    @Test
    void whatTheMachineWritesIsSound() {
        for (int i = 0; i < 100; i++) {
            group.put("key" + i, "value");
        }
        group.run(new Command.Clear(2));
        group.put("key1", "value");
        StoreInspection found = inspect();
        assertEquals(group.machine.shards(), List.copyOf(found.shards().values()));
        assertEquals(List.of(), found.leftovers());
        assertEquals(List.of(), found.findings());
    }

    @Test
    void aServedShardHasAGeneration() {
        put(stateKey(1), new ShardStatus(1, 3, 0, 0, true, 0, false, 0).encode());
        assertEquals(
                List.of("shard 1 is served, and has no generation for its rows"),
                inspect().findings());
    }

    @Test
    void aStateThatCannotBeReadIsFoundAndTheOthersAreRead() {
        put(stateKey(1), Bytes.utf8("?"));
        StoreInspection found = inspect();
        assertEquals(List.of(0, 2, 3), List.copyOf(found.shards().keySet()));
        assertEquals(1, found.findings().size());
        assertTrue(found.findings().getFirst().startsWith("the state of shard 1 cannot be read"));
    }

    @Test
    void rowsOfAnotherGenerationAreCountedAndThoseOfALaterOneAreWrong() {
        long live = group.machine.shards().get(2).generation();
        for (long generation : List.of(live - 1, live, live + 5)) {
            for (String key : List.of("a", "b")) {
                Bytes row = EngineKey.of(Group.STORE, 2, generation, RowKind.KEY, Bytes.utf8(key));
                put(row, Bytes.EMPTY);
            }
        }
        StoreInspection found = inspect();
        assertEquals(
                List.of(
                        new StoreInspection.Leftover(2, live - 1, 2),
                        new StoreInspection.Leftover(2, live + 5, 2)),
                found.leftovers());
        assertEquals(
                List.of(
                        "shard 2 has rows of generation %d, and its state knows of none past %d"
                                .formatted(live + 5, live)),
                found.findings());
    }
}
