package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.sim.RunResult;
import io.somekv.sim.Simulation;
import io.somekv.sim.world.Fault;
import io.somekv.sim.world.Scenario;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * A lab's scenario: one group on all nodes, clients that put, append, read and delete, something
 * that goes wrong again and again, and then a healed cluster. Every run is judged as all runs of
 * the simulator are: all requests end, every key's history is linearizable, each append took effect
 * once and in its client's order, and all replicas end in one state.
 */
final class Lab {
    private static final long MILLISECOND = 1_000_000;
    private static final int SEEDS = 2;

    /** From one fault to the next, on average: an election takes one to three seconds. */
    private static final long GAP_NANOS = 3_000 * MILLISECOND;

    private final int nodes;
    private int clients = 5;
    private int keys = 6;
    private boolean isUnreliable;
    private boolean dropsLogs;
    private boolean movesShards;
    private final EnumSet<Fault> faults = EnumSet.noneOf(Fault.class);

    /** Over all runs so far. */
    private long longestWaitMillis;

    private final EnumSet<Fault> struck = EnumSet.noneOf(Fault.class);

    private Lab(int nodes) {
        this.nodes = nodes;
    }

    static Lab of(int nodes) {
        return new Lab(nodes);
    }

    Lab clients(int count) {
        clients = count;
        return this;
    }

    /** Two: one that takes every command, one that is only appended to and read. */
    Lab fewKeys() {
        keys = 2;
        return this;
    }

    /** A fifth of all messages get lost, as many arrive twice, and none in order. */
    Lab unreliable() {
        isUnreliable = true;
        return this;
    }

    /** Logs are dropped several times a second: who was away needs a snapshot. */
    Lab dropsLogs() {
        dropsLogs = true;
        return this;
    }

    /** Two groups that join, leave, and are given shards all the time. */
    Lab movesShards() {
        movesShards = true;
        return this;
    }

    Lab faults(Fault... kinds) {
        faults.addAll(List.of(kinds));
        return this;
    }

    private Scenario scenario() {
        return new Scenario(
                nodes,
                nodes,
                movesShards ? 2 : 1,
                4,
                clients,
                1,
                keys,
                20_000 * MILLISECOND,
                GAP_NANOS,
                faults,
                isUnreliable
                        ? new Scenario.Links(27 * MILLISECOND, 0.2, 0.2, 0.01, false)
                        : new Scenario.Links(2 * MILLISECOND, 0, 0, 0, true),
                2 * MILLISECOND,
                10 * MILLISECOND,
                (dropsLogs ? 300 : 10_000) * MILLISECOND,
                dropsLogs ? 256 : 4 << 10,
                Scenario.Clocks.RIGHT,
                movesShards,
                5_000 * MILLISECOND,
                0,
                false,
                200,
                false,
                false);
    }

    /** Runs it under a few seeds. */
    Lab holds() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            RunResult result = Simulation.run(seed, scenario());
            assertEquals(Optional.empty(), result.failure(), () -> result.toString());
            struck.addAll(result.struck().keySet());
            longestWaitMillis = Math.max(longestWaitMillis, result.longestWaitMillis());
            assertTrue(result.known() > 10 * clients, "work is done: " + result);
        }
        assertEquals(faults, struck, "what was to go wrong, did");
        return this;
    }

    void waitsUnder(long millis) {
        assertTrue(longestWaitMillis < millis, "the longest wait: " + longestWaitMillis + " ms");
    }
}
