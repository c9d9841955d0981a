package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.node.GroupStatus;
import io.somekv.node.Lane;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.raft.ReplicaStatus;
import io.somekv.sim.check.MoveStep;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Lets a fault strike at who counts for a move, at the moment at which it counts: right behind one
 * of its steps, the leader of the group that has the shard, of the one that gets it, or of the
 * shard master.
 */
final class MoveAim {
    private final World world;
    private final List<SimNode> nodes;
    private final Consumer<SimNode> strike;
    private final SplittableRandom random;
    private boolean isArmed;

    /**
     * @param strike what to do to the node that was chosen
     */
    MoveAim(World world, List<SimNode> nodes, Consumer<SimNode> strike) {
        this.world = world;
        this.nodes = nodes;
        this.strike = strike;
        this.random = world.fork();
    }

    /** One of the next steps is struck at. */
    void arm() {
        isArmed = true;
    }

    void disarm() {
        isArmed = false;
    }

    void onStep(MoveStep.Taken taken) {
        if (!isArmed || random.nextInt(rarity(taken.step())) > 0) {
            return;
        }
        isArmed = false;
        long group =
                switch (random.nextInt(5)) {
                    case 0, 1 -> taken.source();
                    case 2, 3 -> taken.target();
                    default -> GroupSpec.MASTER;
                };
        long wait = random.nextBoolean() ? 0 : random.nextLong(20 * MILLISECOND);
        // Not at once: a lane is in the middle of what it does.
        world.timeline().after(wait, () -> leader(group).ifPresent(strike));
    }

    /** Of some steps there are many. */
    private static int rarity(MoveStep step) {
        return switch (step) {
            case STAGE -> 12;
            case START_COPY, FREEZE, RELEASE, RELEASED -> 4;
            case UNFREEZE, END_COPY, PREPARE, UNSTAGE, HAND_OVER, OWN -> 2;
        };
    }

    private Optional<SimNode> leader(long group) {
        for (SimNode node : nodes) {
            for (Lane lane : node.lanes()) {
                for (GroupStatus status : lane.status(node.now())) {
                    if (status.groupId() == group
                            && status.replica().role() == ReplicaStatus.Role.LEADER) {
                        return Optional.of(node);
                    }
                }
            }
        }
        return Optional.empty();
    }
}
