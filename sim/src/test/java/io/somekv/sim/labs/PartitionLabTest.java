package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.world.SteeredStore;
import io.somekv.sim.world.SteeredStore.Asked;
import io.somekv.sim.world.SteeredStore.Side;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is served while a store is parted, and once it is whole again. {@link KvRaftLabTest} has
 * partitions come and go; here it is looked at who is answered meanwhile, and who is not.
 */
class PartitionLabTest {
    private static final int SEEDS = 8;
    private static final int NODES = 5;
    private static final Bytes KEY = Bytes.utf8("1");

    /** An election, a second one where votes were split, and a client's way to who won it. */
    private static final long NEW_LEADER_MILLIS = 6_000;

    private static final long ANSWER_MILLIS = 1_000;

    /** The lab looks after one second. */
    private static final long PARTED_MILLIS = 3_000;

    /** Longer than a client rests between two attempts. */
    private static final long HEALED_MILLIS = 6_000;

    private static Command put(String value) {
        return Command.Put.of(KEY, Bytes.utf8(value));
    }

    private static final Command GET = new Command.Get(KEY);

    private static Optional<Outcome> value(String value) {
        return Optional.of(new Outcome.Value(Bytes.utf8(value)));
    }

    private static final Optional<Outcome> OK = Optional.of(new Outcome.Ok());

    @Test
    @Tag("lab:MIT-2020.kvraft.TestOnePartition3A")
    @Tag("lab:MIT-2015.kvpaxos.TestPartition")
    @Tag("lab:DSLabs.lab2.PartitionRejoin")
    void aMajorityIsServedAndAMinorityOnceItIsOfOneAgain() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            SteeredStore store = new SteeredStore(seed, Lab.of(NODES).scenario());
            Asked first = store.ask(Side.MAJORITY, put("before"));
            assertEquals(OK, store.await(first, NEW_LEADER_MILLIS));
            long leader = store.leader();
            assertTrue(leader > 0, "somebody leads");
            // Every other time the leader is of the minority, and does not know it.
            long from = seed % 2 == 0 ? leader : leader % NODES + 1;
            store.part(List.of(from, from % NODES + 1));

            Asked write = store.ask(Side.MINORITY, put("of the minority"));
            Asked read = store.ask(Side.MINORITY, GET);
            long patience = NEW_LEADER_MILLIS;
            for (int i = 0; i < 5; i++) {
                Asked put = store.ask(Side.MAJORITY, put("parted " + i));
                assertEquals(OK, store.await(put, patience), "seed " + seed);
                Asked get = store.ask(Side.MAJORITY, GET);
                assertEquals(value("parted " + i), store.await(get, ANSWER_MILLIS));
                patience = ANSWER_MILLIS;
            }
            store.run(PARTED_MILLIS);
            assertEquals(Optional.empty(), write.outcome(), "seed " + seed);
            assertEquals(Optional.empty(), read.outcome(), "seed " + seed);
            Asked get = store.ask(Side.MAJORITY, GET);
            assertEquals(value("parted 4"), store.await(get, ANSWER_MILLIS));

            store.heal();
            assertEquals(OK, store.await(write, HEALED_MILLIS), "seed " + seed);
            Optional<Outcome> seen = store.await(read, HEALED_MILLIS);
            assertTrue(Set.of(value("parted 4"), value("of the minority")).contains(seen));
            for (Side side : Side.values()) {
                Asked last = store.ask(side, GET);
                assertEquals(value("of the minority"), store.await(last, NEW_LEADER_MILLIS));
            }
        }
    }
}
