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

    static void log(LaneEffect.ReplicaRemoved removed) {
        log.info(
                "group {}: replica {} of this node was removed",
                removed.groupId(),
                removed.replicaId());
    }
}
