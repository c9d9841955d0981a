package io.somekv.sim.world;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Turn after turn only a majority of the nodes, drawn anew, hears each other and the clients; the
 * other nodes hear nobody. Where groups have nodes of their own, it has a majority of each. In the
 * last turn of each round all hear each other.
 */
public final class Repartition {
    /** A time in which who heard whom stayed as it was, by a clock that is right. */
    public record Turn(long fromMillis, long toMillis) {}

    private final World world;
    private final Network network;
    private final List<SimNode> nodes;
    private final SplittableRandom random;
    private final List<Turn> turns = new ArrayList<>();
    private boolean active;

    Repartition(World world, Network network, List<SimNode> nodes) {
        this.world = world;
        this.network = network;
        this.nodes = nodes;
        this.random = world.fork();
    }

    void begin() {
        active = true;
        turn(0);
    }

    void end() {
        active = false;
    }

    /** Those that are over. */
    List<Turn> turns() {
        return List.copyOf(turns);
    }

    private void turn(int number) {
        if (!active) {
            return;
        }
        List<Long> lengths = world.scenario().turnNanos();
        boolean isLast = number == lengths.size() - 1;
        List<SimNode> minority = isLast ? List.of() : drawMinority();
        world.trace()
                .remark(() -> "---- hear nobody: " + minority.stream().map(SimNode::id).toList());
        network.heal();
        minority.forEach(this::cutOff);
        long from = world.trueMillis();
        world.timeline()
                .after(
                        lengths.get(number),
                        () -> {
                            turns.add(new Turn(from, world.trueMillis()));
                            turn(isLast ? 0 : number + 1);
                        });
    }

    /** As many as may be missing; of each group, where groups have nodes of their own. */
    private List<SimNode> drawMinority() {
        Scenario scenario = world.scenario();
        if (!scenario.isApart()) {
            return drawMinority(nodes);
        }
        List<SimNode> minorities = new ArrayList<>();
        for (long group = 0; group <= scenario.dataGroups(); group++) {
            List<Long> own = scenario.nodesOf(group);
            minorities.addAll(
                    drawMinority(nodes.stream().filter(n -> own.contains(n.id())).toList()));
        }
        return minorities;
    }

    private List<SimNode> drawMinority(List<SimNode> some) {
        List<SimNode> shuffled = new ArrayList<>(some);
        Collections.shuffle(shuffled, new Random(random.nextLong()));
        return shuffled.subList(0, (some.size() - 1) / 2);
    }

    private void cutOff(SimNode node) {
        for (long other : network.endpoints()) {
            if (other != node.id()) {
                network.cut(node.id(), other);
                network.cut(other, node.id());
            }
        }
    }
}
