package io.somekv.node;

import io.somekv.kv.engine.Engine;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One loop of a node (DESIGN §2): hosts the groups whose id falls to it, routes requests, and
 * shares nothing with other lanes. Inputs in, effects out. A stub until the node lands.
 */
public final class Lane {
    private final LaneConfig config;
    private final Engine engine;
    private final List<LaneInput> inputs = new ArrayList<>();
    private final List<RecoveredGroup> recovered;
    private final Optional<ClusterMap> map;

    /**
     * @param recovered what the shared log holds of this lane's groups
     * @param map the newest cluster map this node knew when it stopped
     */
    public Lane(
            LaneConfig config,
            Engine engine,
            List<RecoveredGroup> recovered,
            Optional<ClusterMap> map,
            Now startedAt) {
        this.config = config;
        this.engine = engine;
        this.recovered = List.copyOf(recovered);
        this.map = map;
    }

    /** Takes one input; what it calls for collects until {@link #effects}. */
    public void step(Now now, LaneInput input) {
        inputs.add(input);
    }

    /** Ends a batch of inputs: proposes what has gathered, and hands out what is to be done. */
    public List<LaneEffect> effects(Now now) {
        return List.of();
    }

    /** All groups of this lane, ascending by id. */
    public List<GroupStatus> status(Now now) {
        return List.of();
    }

    /** The newest cluster map this lane knows. */
    public Optional<ClusterMap> map() {
        return map.filter(m -> config != null && engine != null && recovered != null);
    }
}
