package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;
import static io.somekv.sim.world.Timeline.SECOND;

import io.somekv.node.GroupStatus;
import io.somekv.node.Lane;
import io.somekv.raft.Member;
import io.somekv.raft.Membership;
import io.somekv.raft.MembershipChange;
import io.somekv.raft.ReplicaStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * An operator who changes the members of groups while things go wrong: one node in the place of
 * another where there are nodes to spare, and one less or one more. Where a disk may be damaged for
 * good, no group gets smaller: what is left must survive that.
 */
final class MemberAdmin {
    private final World world;
    private final List<SimNode> nodes;
    private final SplittableRandom random;
    private boolean active = true;

    MemberAdmin(World world, List<SimNode> nodes) {
        this.world = world;
        this.nodes = nodes;
        this.random = world.fork();
    }

    /** A change every few seconds, until {@link #stop}. */
    void begin() {
        world.timeline()
                .after(
                        500 * MILLISECOND + random.nextLong(4 * SECOND),
                        () -> {
                            if (active) {
                                changeSomething();
                                begin();
                            }
                        });
    }

    void stop() {
        active = false;
    }

    private void changeSomething() {
        long group = random.nextInt(world.scenario().dataGroups() + 1);
        for (SimNode node : nodes) {
            Optional<Membership> members = ledBy(node, group);
            if (members.isPresent()) {
                MembershipChange change = draw(group, members.get());
                world.trace().remark(() -> "group " + group + ": " + change);
                node.process()
                        .orElseThrow()
                        .changeMembers(
                                group,
                                change,
                                answer ->
                                        world.trace()
                                                .remark(() ->
                                                        "group "
                                                                + group
                                                                + ": "
                                                                + answer.outcome()));
                return;
            }
        }
    }

    private static Optional<Membership> ledBy(SimNode node, long group) {
        for (Lane lane : node.lanes()) {
            for (GroupStatus status : lane.status(node.now())) {
                if (status.groupId() == group
                        && status.replica().role() == ReplicaStatus.Role.LEADER) {
                    return Optional.of(status.membership());
                }
            }
        }
        return Optional.empty();
    }

    private MembershipChange draw(long group, Membership members) {
        int replicas = world.scenario().replicasOf(group);
        List<SimNode> free = new ArrayList<>(nodes);
        free.removeIf(node ->
                node.isDamaged()
                        || members.members().stream().anyMatch(m -> m.nodeId() == node.id()));
        Member some = members.members().get(random.nextInt(members.members().size()));
        boolean isVoter = members.voters().contains(some);
        boolean mayShrink =
                !world.scenario().losesDisks()
                        && members.voters().size() > Math.max(1, replicas - 1);
        if (free.isEmpty() || (random.nextInt(3) == 0 && (mayShrink || !isVoter))) {
            return mayShrink || !isVoter
                    ? new MembershipChange.Remove(some.replicaId())
                    : addOn(nodes.get(random.nextInt(nodes.size())), 0);
        }
        SimNode node = free.get(random.nextInt(free.size()));
        boolean isEnough = members.voters().size() >= replicas;
        return addOn(node, isVoter && isEnough ? some.replicaId() : 0);
    }

    private static MembershipChange addOn(SimNode node, long replaces) {
        return new MembershipChange.Add(node.id(), node.storeId(), replaces);
    }
}
