package io.somekv.sim;

import io.somekv.sim.world.Fault;
import io.somekv.sim.world.MoveCounts;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a run went.
 *
 * @param failure what was wrong; empty for a good run
 * @param traceHash over every event: the same for the same seed, in any JVM
 * @param nanos simulated time
 * @param known operations whose outcome a client heard
 * @param unknown writes whose outcome nobody ever heard
 * @param longestWaitMillis of a client for an answer
 * @param struck how often each kind of fault did
 * @param moves what moved with its data
 */
public record RunResult(
        long seed,
        Optional<String> failure,
        long traceHash,
        long events,
        long nanos,
        int known,
        int unknown,
        long longestWaitMillis,
        Map<Fault, Integer> struck,
        MoveCounts moves) {
    public RunResult {
        struck = Collections.unmodifiableMap(new TreeMap<>(struck));
    }

    public boolean isGood() {
        return failure.isEmpty();
    }

    /** The line that two runs of a seed have in common. */
    public String hashLine() {
        return String.format(java.util.Locale.ROOT, "trace hash %016x", traceHash);
    }
}
