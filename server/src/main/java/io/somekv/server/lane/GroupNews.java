package io.somekv.server.lane;

import io.somekv.node.LaneEffect;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens to a node's groups that operators want to read of: a line each in its log. */
final class GroupNews {
    private static final Logger log = LoggerFactory.getLogger(GroupNews.class);

    private GroupNews() {}

    static void log(LaneEffect.LeadershipChanged changed) {
        if (changed.ended().isEmpty()) {
            log.info("group {}: this node leads term {}", changed.groupId(), changed.term());
            return;
        }
        String why =
                switch (changed.ended().get()) {
                    case NEWER_TERM -> "another replica began a newer term";
                    case QUORUM_LOST -> "no quorum answered within the election timeout";
                    case DISK_STALLED -> "its log waits for the disk for too long";
                    case CLOCK_AHEAD -> "its clock is ahead of the others'";
                    case REMOVED -> "its replica was removed";
                };
        log.info(
                "group {}: this node leads no more (term {}): {}",
                changed.groupId(),
                changed.term(),
                why);
    }

    static void log(LaneEffect.SnapshotInstalled installed) {
        log.info(
                "group {}: goes on from a snapshot, as of entry {}",
                installed.groupId(),
                installed.index());
    }

    static void log(LaneEffect.ShardDiffers differs) {
        log.error(
                "group {}: shard {}, as this node's replica has it, is not what group {} has"
                        + " handed over; that group keeps its rows, and they are compared again"
                        + " each minute. Have another replica of either group lead ('somekv group"
                        + " transfer'): where they agree then, the one that led before is damaged,"
                        + " and its node is to be given an empty disk ('somekv node replace')",
                differs.groupId(),
                differs.shard(),
                differs.sourceGroup());
    }

    static void log(LaneEffect.ShardAwaitsTime awaits) {
        log.warn(
                "group {}: shard {} stays with group {} for now: the time of this group is {} s"
                        + " behind, since the clock of one of its nodes is slow, or that of a node"
                        + " there fast. Set the clocks of all nodes right: where one was slow, the"
                        + " shard moves then; where one was fast, after as long as it was ahead",
                awaits.groupId(),
                awaits.shard(),
                awaits.sourceGroup(),
                awaits.behindMillis() / 1_000);
    }

    static void log(LaneEffect.ReplicaRemoved removed) {
        log.info(
                "group {}: replica {} of this node was removed",
                removed.groupId(),
                removed.replicaId());
    }
}
