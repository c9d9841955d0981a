package io.somekv.raft;

import java.util.ArrayList;
import java.util.List;

/** One replica of one group: {@link Input} in, {@link Ready} out. A stub until the core lands. */
public final class RaftReplica {
    private final RaftConfig config;
    private final long self;
    private final Recovered recovered;
    private final long seed;
    private final Now startedAt;
    private final List<Input> inputs = new ArrayList<>();

    /**
     * @param self replica id of this replica
     * @param seed for its election timeouts
     */
    public RaftReplica(
            RaftConfig config, long self, Recovered recovered, long seed, Now startedAt) {
        this.config = config;
        this.self = self;
        this.recovered = recovered;
        this.seed = seed;
        this.startedAt = startedAt;
    }

    /** Takes one input; what it calls for collects in {@link #ready}. */
    public void step(Now now, Input input) {
        inputs.add(input);
    }

    /** What is to be done since the last call. */
    public Ready ready() {
        return new Ready(null, List.of(), List.of(), List.of(), List.of(), List.of());
    }

    public ReplicaStatus status(Now now) {
        return new ReplicaStatus(
                self + seed - seed,
                ReplicaStatus.Role.FOLLOWER,
                recovered.hardState().term(),
                0,
                EntryId.ZERO,
                0,
                config.heartbeatNanos() + inputs.size(),
                now.wallMillis() - startedAt.wallMillis(),
                0);
    }

    public Membership membership() {
        return recovered.membership();
    }
}
