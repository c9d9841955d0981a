package io.somekv.sim.labs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.kv.KvMachine;
import io.somekv.sim.RunResult;
import io.somekv.sim.Simulation;
import io.somekv.sim.world.Fault;
import io.somekv.sim.world.Scenario;
import io.somekv.sim.world.SimCluster;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A lab's scenario: one group on all nodes, clients that put, append, read and delete, something
 * that goes wrong again and again, and then a healed cluster. Every run is judged as all runs of
 * the simulator are: all requests end, every key's history is linearizable, each append took effect
 * once and in its client's order, and all replicas end in one state.
 */
final class Lab {
    private static final long MILLISECOND = 1_000_000;
    private static final int SEEDS = 8;
    private static final Scenario.Moves MOVES =
            new Scenario.Moves(true, false, KvMachine.PIECE_SIZE, false);

    /** From one fault to the next, on average: an election takes one to three seconds. */
    private static final long GAP_NANOS = 3_000 * MILLISECOND;

    private final int nodes;
    private int clients = 5;
    private int keys = 6;
    private boolean dropsLogs;
    private boolean movesShards;
    private int plain = 1;
    private long runNanos = 20_000 * MILLISECOND;
    private Scenario.Links links = Scenario.Links.CALM;
    private long attemptMillisMax = 2_300;
    private List<Long> turnNanos = List.of();
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
        links = new Scenario.Links(27 * MILLISECOND, 0.2, 0.2, 0.01, false, true);
        return this;
    }

    /**
     * A fifth of all messages get lost, each for itself, and clients soon ask again: a network as
     * the DSLabs have it, without connections that end with the first loss.
     */
    Lab losesMessages() {
        links = new Scenario.Links(27 * MILLISECOND, 0.2, 0, 0, false, false);
        attemptMillisMax = 400;
        return this;
    }

    /**
     * Turn after turn another majority hears each other and the clients, and in the last of each
     * round all do. A client without an identity would be at one node, heard or not: there is none.
     */
    Lab turns(long... seconds) {
        turnNanos = Arrays.stream(seconds).mapToObj(each -> each * 1_000 * MILLISECOND).toList();
        plain = 0;
        return this;
    }

    Lab seconds(int seconds) {
        runNanos = seconds * 1_000L * MILLISECOND;
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

    /** For a test that lets things happen itself. */
    Scenario scenario() {
        return new Scenario(
                nodes,
                nodes,
                movesShards ? 2 : 1,
                4,
                clients,
                plain,
                keys,
                runNanos,
                GAP_NANOS,
                faults,
                links,
                2 * MILLISECOND,
                10 * MILLISECOND,
                (dropsLogs ? 300 : 10_000) * MILLISECOND,
                dropsLogs ? 256 : 4 << 10,
                Scenario.Clocks.RIGHT,
                movesShards ? MOVES : Scenario.Moves.NONE,
                5_000 * MILLISECOND,
                0,
                false,
                200,
                false,
                false,
                attemptMillisMax,
                turnNanos);
    }

    /** One run of it that the caller looks at. */
    SimCluster cluster(long seed) {
        return new SimCluster(seed, scenario(), Set.of(), Optional.empty());
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
