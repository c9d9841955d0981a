package io.somekv.sim;

import io.somekv.base.Invariant;
import io.somekv.base.Mutation;
import io.somekv.sim.check.Breach;
import io.somekv.sim.world.Scenario;
import io.somekv.sim.world.SimCluster;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** One run: a seed in, a result out. Nothing else decides what happens in it. */
public final class Simulation {
    private Simulation() {}

    /** Runs a seed on the program as it is. */
    public static RunResult run(long seed) {
        return run(seed, Scenario.Draw.ANY, Set.of(), Optional.empty());
    }

    /**
     * Runs a seed.
     *
     * @param draw what the seed's scenario is drawn from
     * @param mutations bugs to put back
     * @param reader gets every event as a line; without one no text is made
     */
    public static RunResult run(
            long seed,
            Scenario.Draw draw,
            Set<Mutation> mutations,
            Optional<Consumer<String>> reader) {
        return run(seed, new SimCluster(seed, draw, mutations, reader));
    }

    /** Runs a scenario that is no seed's own: the seed decides all the rest. */
    public static RunResult run(long seed, Scenario scenario) {
        return run(seed, new SimCluster(seed, scenario, Set.of(), Optional.empty()));
    }

    private static RunResult run(long seed, SimCluster cluster) {
        Optional<String> failure = Optional.empty();
        try {
            cluster.run();
        } catch (Breach breach) {
            failure = Optional.of(String.valueOf(breach.getMessage()));
        } catch (Invariant.Violation violation) {
            failure = Optional.of("a node's own check: " + describe(violation));
        } catch (RuntimeException unexpected) {
            failure = Optional.of("unexpected: " + describe(unexpected));
        }
        return new RunResult(
                seed,
                failure,
                cluster.traceHash(),
                cluster.events(),
                cluster.nanos(),
                cluster.history().known(),
                cluster.history().unknown(),
                cluster.history().longestWaitMillis(),
                cluster.struck(),
                cluster.moves());
    }

    private static String describe(RuntimeException e) {
        StringBuilder text = new StringBuilder(e.toString());
        StackTraceElement[] stack = e.getStackTrace();
        for (int i = 0; i < Math.min(8, stack.length); i++) {
            text.append("\n      at ").append(stack[i]);
        }
        return text.toString();
    }
}
