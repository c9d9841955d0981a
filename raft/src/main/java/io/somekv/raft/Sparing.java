package io.somekv.raft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Which followers a leader spares, because their disks are nearly full: it sends them heartbeats
 * and no entries, as if they were slow, which Raft allows at any time. So a full disk costs its
 * node's copy and not its node, and the copy goes on once there is room.
 *
 * <p>Where those with room are no quorum, nothing could commit like that, and nobody could delete
 * anything. Then as many of the nearly full voters as a quorum needs get entries all the same, and
 * the node of the leader takes in nothing that grows. Those that lack least come first: what the
 * others lack is from when the group still grew, and would take the room that is left.
 */
final class Sparing {
    private static final Comparator<Progress> LACKS_LEAST =
            Comparator.comparingLong(Progress::matchIndex).reversed();

    private final Core core;
    private final Replication replication;

    Sparing(Core core, Replication replication) {
        this.core = core;
        this.replication = replication;
    }

    Room room() {
        if (!isAnyVoterNearlyFull()) {
            return Room.HERE;
        }
        if (!core.membership().hasQuorum(this::hasRoom)) {
            return Room.NOWHERE;
        }
        return hasRoom(core.self()) ? Room.HERE : Room.ELSEWHERE;
    }

    private boolean isAnyVoterNearlyFull() {
        return core.isAnyNearlyFull()
                && core.membership().electorate().stream()
                        .anyMatch(voter -> core.isNearlyFull(voter.nodeId()));
    }

    /** Whether a replica is there, and its disk is not nearly full. */
    private boolean hasRoom(long replicaId) {
        Progress follower = replication.find(replicaId);
        return follower == null
                ? core.membership()
                        .find(core.self())
                        .filter(self -> core.isNearlyFull(self.nodeId()))
                        .isEmpty()
                : !core.isNearlyFull(follower.nodeId()) && replication.isThere(follower);
    }

    /** Those who get no entries now. */
    List<Progress> spared() {
        if (!core.isAnyNearlyFull()) {
            return List.of();
        }
        TreeSet<Long> taking = new TreeSet<>();
        List<Progress> spared = new ArrayList<>();
        taking.add(core.self());
        for (Progress follower : replication.followers()) {
            if (core.isNearlyFull(follower.nodeId())) {
                spared.add(follower);
            } else if (replication.isThere(follower)) {
                taking.add(follower.id());
            }
        }
        List<Progress> candidates =
                spared.stream().filter(this::isCandidate).sorted(LACKS_LEAST).toList();
        for (Progress candidate : candidates) {
            if (core.membership().hasQuorum(taking::contains)) {
                break;
            }
            taking.add(candidate.id());
            spared.remove(candidate);
        }
        return spared;
    }

    private boolean isCandidate(Progress follower) {
        return core.membership().isVoter(follower.id())
                && replication.isThere(follower)
                && !follower.isInstalling();
    }
}
