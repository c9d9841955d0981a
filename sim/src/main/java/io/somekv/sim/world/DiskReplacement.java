package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.node.GroupStatus;
import io.somekv.node.Lane;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.ReplicaStatus;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * An operator who gives a node that lost its disk its places back, as `somekv node replace` does:
 * in each group a new replica on the blank disk takes the place of the one that went with the old.
 * Until then the node votes for nothing, since no replica is there.
 */
final class DiskReplacement {
    private final World world;
    private final List<SimNode> nodes;
    private final Client client;
    private final SplittableRandom random;

    DiskReplacement(World world, List<SimNode> nodes) {
        this.world = world;
        this.nodes = nodes;
        this.client = new PlainClient(world, nodes);
        this.random = world.fork();
    }

    /** Looks now and then, to the end of the run. */
    void begin() {
        world.timeline()
                .after(
                        100 * MILLISECOND + random.nextLong(600 * MILLISECOND),
                        () -> {
                            if (nodes.stream().anyMatch(SimNode::lostDisk)) {
                                replaceOneEach();
                            }
                            begin();
                        });
    }

    /**
     * Whether no leader counts on a replica that went with its disk, and every group that was ever
     * whole has a leader.
     */
    boolean isDone() {
        if (nodes.stream().noneMatch(SimNode::lostDisk)) {
            return true;
        }
        for (long group = 0; group <= world.scenario().dataGroups(); group++) {
            long number = group;
            List<GroupStatus> all = nodes.stream().flatMap(n -> statuses(n, number)).toList();
            List<GroupStatus> leaders = all.stream().filter(DiskReplacement::leads).toList();
            boolean isSetUp = all.size() > world.scenario().replicas() / 2;
            if ((isSetUp && leaders.isEmpty())
                    || leaders.stream().anyMatch(s -> isDue(s.membership()))) {
                return false;
            }
        }
        return true;
    }

    private boolean isDue(Membership membership) {
        return membership.isJoint() || lostReplica(membership).isPresent();
    }

    private void replaceOneEach() {
        spreadMap();
        for (long group = 0; group <= world.scenario().dataGroups(); group++) {
            long number = group;
            for (SimNode node : nodes) {
                statuses(node, number)
                        .filter(DiskReplacement::leads)
                        .findFirst()
                        .flatMap(status -> change(status.membership()))
                        .ifPresent(change -> ask(node, number, change));
            }
        }
    }

    private void ask(SimNode leader, long group, MembershipChange change) {
        world.trace().remark(() -> "group " + group + ": " + change);
        leader.process()
                .orElseThrow()
                .changeMembers(
                        group,
                        change,
                        answer ->
                                world.trace()
                                        .remark(() -> "group " + group + ": " + answer.outcome()));
    }

    private Optional<MembershipChange> change(Membership membership) {
        return lostReplica(membership)
                .map(lost ->
                        membership.isVoter(lost.replicaId())
                                ? new MembershipChange.Add(
                                        lost.nodeId(), nodeOf(lost).storeId(), lost.replicaId())
                                : new MembershipChange.Remove(lost.replicaId()));
    }

    private Optional<Member> lostReplica(Membership membership) {
        return membership.members().stream()
                .filter(member -> !nodeOf(member).storeId().equals(member.storeId()))
                .findFirst();
    }

    private SimNode nodeOf(Member member) {
        return nodes.get((int) member.nodeId() - 1);
    }

    /** A node that knows nothing is told where the others are. */
    private void spreadMap() {
        client.execute(
                new Command.QueryConfig(-1),
                outcome -> {
                    if (outcome instanceof Outcome.Cluster cluster) {
                        nodes.stream()
                                .filter(SimNode::lostDisk)
                                .flatMap(node -> node.process().stream())
                                .forEach(process -> process.learn(cluster.map()));
                    }
                });
    }

    private static boolean leads(GroupStatus status) {
        return status.replica().role() == ReplicaStatus.Role.LEADER;
    }

    private static Stream<GroupStatus> statuses(SimNode node, long group) {
        return node.lanes().stream()
                .flatMap((Lane lane) -> lane.status(node.now()).stream())
                .filter(status -> status.groupId() == group);
    }
}
