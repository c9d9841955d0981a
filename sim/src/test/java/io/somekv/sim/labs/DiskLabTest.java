package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.world.SteeredStore;
import io.somekv.sim.world.SteeredStore.Asked;
import io.somekv.sim.world.SteeredStore.Side;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What diskv of MIT 2015 checks of nodes that die and lose their disks, as often as it does. */
class DiskLabTest {
    private static final int ROUNDS = 50;
    private static final int SEEDS = 2;
    private static final Bytes KEY = Bytes.utf8("k");
    private static final long PATIENCE_MILLIS = 20_000;

    /** From before the append is on its way until after it is answered. */
    private static final int RACE_MILLIS = 12;

    /** An append races with a kill; the disk is lost with the process every other time. */
    @Test
    @Tag("lab:MIT-2015.diskv.Test5Simultaneous")
    void fiftyAppendsRaceWithKills() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            SteeredStore store = new SteeredStore(seed, Lab.of(3).scenario());
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder expected = new StringBuilder();
            int unanswered = 0;
            for (int round = 0; round < ROUNDS; round++) {
                String word = round + " ";
                int node = random.nextInt(3) + 1;
                Asked append = store.ask(Side.MAJORITY, new Command.Append(KEY, Bytes.utf8(word)));
                store.run(random.nextInt(RACE_MILLIS));
                unanswered += append.outcome().isEmpty() ? 1 : 0;
                if (round % 2 == 0) {
                    store.wipe(node);
                } else {
                    store.kill(node);
                }
                store.start(node);
                expected.append(word);
                assertEquals(
                        Optional.of(new Outcome.Int(expected.length())),
                        store.await(append, PATIENCE_MILLIS));
                assertTrue(store.awaitPlaces(PATIENCE_MILLIS), "seed " + seed);
                Asked get = store.ask(Side.MAJORITY, new Command.Get(KEY));
                assertEquals(
                        Optional.of(new Outcome.Value(Bytes.utf8(expected.toString()))),
                        store.await(get, PATIENCE_MILLIS));
            }
            assertTrue(unanswered > ROUNDS / 4 && unanswered < ROUNDS, "who wins the race");
        }
    }
}
