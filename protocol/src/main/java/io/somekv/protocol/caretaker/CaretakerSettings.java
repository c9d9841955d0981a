package io.somekv.protocol.caretaker;

import java.util.Arrays;
import java.util.List;

/**
 * By which rules the caretaker decides; replicated state of the shard master.
 *
 * @param duties what it does by itself, in the order of {@link Duty}; all else is manual
 * @param deadAfterMillis how long a node must have been silent before it is replaced
 * @param restMillis how long something must have been as it is (a leadership, a node's presence, a
 *     shard's owner) before it is changed for balance's sake
 * @param replicaCount how many replicas each data group is to have; 0 leaves it to whoever made it
 * @param replicaChangesMax groups that change their members at a time
 * @param shardMovesMax shards that move at a time
 */
public record CaretakerSettings(
        List<Duty> duties,
        long deadAfterMillis,
        long restMillis,
        int replicaCount,
        int replicaChangesMax,
        int shardMovesMax) {
    public static final long DEAD_AFTER_MILLIS_MIN = 1_000;
    public static final int REPLICAS_MAX = 9;
    public static final int AT_A_TIME_MAX = 1_000;

    /** What can be switched off. That a draining node is emptied cannot: somebody asked for it. */
    public enum Duty {
        /** Replicas of dead nodes come to other nodes. */
        REPLACE,
        /** Replicas are as even over nodes and zones as can be. */
        PLACE,
        /** Leaders are as even over nodes as can be. */
        LEAD,
        /** Shards move for load and for count. */
        MOVE
    }

    public static final CaretakerSettings DEFAULTS =
            new CaretakerSettings(Arrays.asList(Duty.values()), 300_000, 60_000, 0, 4, 4);

    public CaretakerSettings {
        duties = duties.stream().distinct().sorted().toList();
    }

    public boolean has(Duty duty) {
        return duties.contains(duty);
    }

    public CaretakerSettings withDuties(List<Duty> next) {
        return new CaretakerSettings(
                next, deadAfterMillis, restMillis, replicaCount, replicaChangesMax, shardMovesMax);
    }

    public CaretakerSettings withDeadAfter(long millis) {
        return new CaretakerSettings(
                duties, millis, restMillis, replicaCount, replicaChangesMax, shardMovesMax);
    }

    public CaretakerSettings withRest(long millis) {
        return new CaretakerSettings(
                duties, deadAfterMillis, millis, replicaCount, replicaChangesMax, shardMovesMax);
    }

    public CaretakerSettings withReplicaCount(int count) {
        return new CaretakerSettings(
                duties, deadAfterMillis, restMillis, count, replicaChangesMax, shardMovesMax);
    }

    public CaretakerSettings withAtATime(int replicaChanges, int shardMoves) {
        return new CaretakerSettings(
                duties, deadAfterMillis, restMillis, replicaCount, replicaChanges, shardMoves);
    }
}
