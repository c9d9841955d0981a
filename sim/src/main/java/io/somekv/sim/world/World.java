package io.somekv.sim.world;

import io.somekv.base.Mutation;
import io.somekv.sim.check.ClusterWatch;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What everything in one run shares. The random source is only there to be forked: whoever needs
 * chance takes a source of its own when it is made, so that one more draw here does not change what
 * happens there.
 */
public record World(
        Timeline timeline,
        Trace trace,
        ClusterWatch watch,
        Scenario scenario,
        SplittableRandom random,
        Set<Mutation> mutations) {
    public World {
        java.util.EnumSet<Mutation> copy = java.util.EnumSet.noneOf(Mutation.class);
        copy.addAll(mutations);
        mutations = copy;
    }

    /** What a clock shows that is right, in milliseconds since 1970. */
    public long trueMillis() {
        return NodeClock.EPOCH_MILLIS + timeline.now() / Timeline.MILLISECOND;
    }

    /** A source of chance for one use. */
    public SplittableRandom fork() {
        return random.split();
    }
}
