package io.somekv.kv.shardmaster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.kv.engine.EntryWrites;
import io.somekv.kv.engine.MemoryEngine;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.ShardConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConfigHistoryTest {
    private static final long STORE = 3;
    private static final int SHARDS = 16_384;

    private final MemoryEngine engine = new MemoryEngine();
    private final Random random = new Random(18);
    private final List<ShardConfig> expected = new ArrayList<>();

    private static GroupSpec group(long id) {
        return new GroupSpec(id, List.of(new GroupSpec.Replica(1, 1), new GroupSpec.Replica(2, 2)));
    }

    private EntryWrites writes() {
        return new EntryWrites(engine, STORE, expected.size() + 1, 0);
    }

    /** As the latest, with some shards at other groups, and now and then a group more. */
    private ShardConfig next(ShardConfig latest) {
        List<GroupSpec> groups = new ArrayList<>(latest.groups());
        if (random.nextInt(10) == 0 || groups.isEmpty()) {
            groups.add(group(groups.size() + 1));
        }
        List<Long> owners = new ArrayList<>(latest.owners());
        for (int moved = random.nextInt(4); moved > 0; moved--) {
            int from = random.nextInt(SHARDS);
            int run = random.nextInt(3) == 0 ? 1 : Math.min(SHARDS - from, 500);
            long owner = random.nextInt(groups.size() + 1);
            owners.subList(from, from + run).replaceAll(any -> owner);
        }
        return new ShardConfig(latest.number() + 1, groups, owners);
    }

    private void add(ConfigHistory history, ShardConfig config) {
        EntryWrites writes = writes();
        history.add(config, writes);
        writes.commit();
        expected.add(config);
    }

    @Test
    void everyConfigIsReadAgainByItsNumberAlsoAfterAStart() {
        ConfigHistory history = new ConfigHistory(engine, STORE);
        EntryWrites first = writes();
        history.begin(SHARDS, first);
        first.commit();
        expected.add(history.latest());
        for (int i = 0; i < 200; i++) {
            add(history, next(history.latest()));
            if (i % 17 == 0) {
                history = new ConfigHistory(engine, STORE);
                assertEquals(expected.getLast(), history.latest());
            }
        }
        for (ShardConfig config : expected) {
            assertEquals(config, history.at(config.number()));
        }
        assertEquals(expected.getLast(), history.at(-1));
        assertEquals(expected.getLast(), history.at(1_000));
    }

    @Test
    void theRowOfAMoveIsShortHoweverManyShardsThereAre() {
        List<Long> owners = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            owners.add(1L + shard % 2);
        }
        List<GroupSpec> groups = List.of(group(1), group(2));
        ShardConfig before = new ShardConfig(64, groups, owners);
        owners.set(9_999, 1L);
        ShardConfig moved = new ShardConfig(65, groups, owners);
        assertTrue(ConfigRows.whole(moved).size() > SHARDS);
        Bytes row = ConfigRows.change(before, moved);
        assertTrue(row.size() < 16, () -> row.size() + " bytes");
        ConfigRows.Reading reading = new ConfigRows.Reading(ConfigRows.whole(before));
        reading.follow(row);
        assertEquals(moved, reading.config());
        assertThrows(MalformedException.class, () -> reading.follow(row));
    }
}
