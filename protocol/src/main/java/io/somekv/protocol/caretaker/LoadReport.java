package io.somekv.protocol.caretaker;

import java.util.List;

/**
 * What one lane of a node tells the shard master's leader about once a second. It is told anew each
 * time and written nowhere: a new leader knows it all within a second.
 *
 * @param zone the node's; empty for none
 * @param hasRoom its disk is not nearly full
 * @param groups those that the lane leads
 */
public record LoadReport(String zone, boolean hasRoom, List<GroupLoad> groups) {
    /** In bytes of UTF-8. */
    public static final int ZONE_SIZE_MAX = 64;

    public LoadReport {
        groups = List.copyOf(groups);
    }

    /**
     * @param term in which the sender leads it: of two who say so, the later one does
     * @param ledMillis for how long it leads
     * @param voters nodes of those that vote
     * @param learners nodes of those that are to
     * @param isChanging its members are about to be others
     * @param shards those that it serves
     */
    public record GroupLoad(
            long groupId,
            long term,
            long ledMillis,
            List<Long> voters,
            List<Long> learners,
            boolean isChanging,
            List<ShardLoad> shards) {
        public GroupLoad {
            voters = List.copyOf(voters);
            learners = List.copyOf(learners);
            shards = List.copyOf(shards);
        }
    }

    /**
     * @param opsPerSecond over about a minute
     * @param bytes on the sender's disk, roughly
     */
    public record ShardLoad(int shard, long opsPerSecond, long bytes) {}
}
