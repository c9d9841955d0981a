package io.somekv.node;

import io.somekv.kv.KvMachine;
import io.somekv.raft.Now;
import io.somekv.raft.ReplicaStatus;

/**
 * What a lane measures of all its groups together.
 *
 * @param heartbeatGapNanosMax the longest: {@link ReplicaStatus#heartbeatGapNanosMax}
 * @param duplicateTableBytes the sum: {@link GroupStatus#duplicateTableBytes}
 */
public record LaneGauges(long heartbeatGapNanosMax, long duplicateTableBytes) {
    public static final LaneGauges NONE = new LaneGauges(0, 0);

    static LaneGauges of(Iterable<GroupHost> hosts, Now now) {
        LaneGauges all = NONE;
        for (GroupHost host : hosts) {
            all =
                    all.with(
                            new LaneGauges(
                                    host.status(now).heartbeatGapNanosMax(),
                                    duplicateTableBytes(host)));
        }
        return all;
    }

    static long duplicateTableBytes(GroupHost host) {
        return host.machine() instanceof KvMachine kv ? kv.duplicateBytesHeld() : 0;
    }

    /** Of this lane's groups and of the other's. */
    public LaneGauges with(LaneGauges other) {
        return new LaneGauges(
                Math.max(heartbeatGapNanosMax, other.heartbeatGapNanosMax),
                duplicateTableBytes + other.duplicateTableBytes);
    }
}
