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

    /** Of the shard master, where data groups have nodes of their own. */
    private static final int MASTERS = 3;

    /** As many as the MIT labs have. */
    private static final int SHARDS = 10;

    /** From one fault to the next, on average: an election takes one to three seconds. */
    private static final long GAP_NANOS = 3_000 * MILLISECOND;

    private final int nodes;
    private final int groups;
    private final int replicas;
    private int shards = 4;
    private int seeds = SEEDS;
    private long moveNanosMax = 4_000 * MILLISECOND;
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

    private int shardsMoved;

    private final EnumSet<Fault> struck = EnumSet.noneOf(Fault.class);

    private Lab(int nodes, int groups, int replicas) {
        this.nodes = nodes;
        this.groups = groups;
        this.replicas = replicas;
    }

    static Lab of(int nodes) {
        return new Lab(nodes, 1, nodes);
    }

    /** So many groups, each on nodes of its own, and the shard master on others. */
    static Lab ofGroups(int groups, int replicas) {
        Lab lab = new Lab(groups * replicas + MASTERS, groups, replicas);
        lab.shards = SHARDS;
        return lab;
    }

    Lab shards(int count) {
        shards = count;
        return this;
    }

    /** Fewer than usual, where a run takes long. */
    Lab seeds(int count) {
        seeds = count;
        return this;
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

    /** Groups join, leave, and are given shards, all the time; two groups where there was one. */
    Lab movesShards() {
        movesShards = true;
        return this;
    }

    /** As above, a step every half second. */
    Lab keepsMovingShards() {
        moveNanosMax = 800 * MILLISECOND;
        return movesShards();
    }

    Lab faults(Fault... kinds) {
        faults.addAll(List.of(kinds));
        return this;
    }

    /** For a test that lets things happen itself. */
    Scenario scenario() {
        return new Scenario(
                nodes,
                replicas,
                movesShards ? Math.max(2, groups) : groups,
                shards,
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
                new Scenario.Moves(movesShards, false, KvMachine.PIECE_SIZE, false, moveNanosMax),
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

    /**
     * Runs it under a few seeds. How much is done is asked of all together: on an unreliable
     * network one run of thirty is hardly more than its faults.
     */
    Lab holds() {
        long known = 0;
        for (long seed = 1; seed <= seeds; seed++) {
            RunResult result = Simulation.run(seed, scenario());
            assertEquals(Optional.empty(), result.failure(), () -> result.toString());
            struck.addAll(result.struck().keySet());
            longestWaitMillis = Math.max(longestWaitMillis, result.longestWaitMillis());
            assertTrue(result.known() > clients, "some work is done: " + result);
            known += result.known();
            shardsMoved += result.moves().moved();
        }
        assertTrue(known > 10L * clients * seeds, "work is done: " + known);
        assertEquals(faults, struck, "what was to go wrong, did");
        boolean isMoved = shardsMoved > seeds;
        assertTrue(isMoved == movesShards, "shards moved: " + shardsMoved);
        return this;
    }

    long longestWaitMillis() {
        return longestWaitMillis;
    }

    void waitsUnder(long millis) {
        assertTrue(longestWaitMillis < millis, "the longest wait: " + longestWaitMillis + " ms");
    }
}
