package io.somekv.sim.world;

import io.somekv.sim.check.MoveStep;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much moved in a run, or in several.
 *
 * @param moved shards with data that came to a new owner
 * @param inPieces those of them whose rows took several pieces
 * @param struckAfter for each step, how often a fault struck while that was the last step of a
 *     shard on its way
 */
public record MoveCounts(int moved, int inPieces, Map<MoveStep, Integer> struckAfter) {
    public static final MoveCounts NONE = new MoveCounts(0, 0, Map.of());

    public MoveCounts {
        struckAfter = Collections.unmodifiableMap(new TreeMap<>(struckAfter));
    }

    public MoveCounts plus(MoveCounts other) {
        TreeMap<MoveStep, Integer> sum = new TreeMap<>(struckAfter);
        other.struckAfter.forEach((step, count) -> sum.merge(step, count, Integer::sum));
        return new MoveCounts(moved + other.moved, inPieces + other.inPieces, sum);
    }

    /** For people. */
    public String describe() {
        return moved
                + " shards moved with data ("
                + inPieces
                + " in pieces), struck after "
                + struckAfter;
    }
}
