package io.somekv.bench.drill;

import io.somekv.bench.drill.Fault.Kind;
import io.somekv.bench.drill.Fault.Link;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Draws faults from a seed, one after the other. What the nodes make of them depends on the machine
 * as well: a seed brings the same faults again, not the same history.
 */
final class FaultSchedule {
    /**
     * @param gapMillis until it begins, from the end of the one before
     * @param holdMillis until it is undone
     */
    record Planned(Fault fault, long gapMillis, long holdMillis) {}

    private final Random random;
    private final int nodes;
    private final List<Kind> kinds;

    FaultSchedule(long seed, int nodes, List<Kind> kinds) {
        this.random = new Random(seed);
        this.nodes = nodes;
        this.kinds = List.copyOf(kinds);
    }

    Planned next() {
        Kind kind = kinds.get(random.nextInt(kinds.size()));
        long gap = between(1_000, 5_000);
        return switch (kind) {
            case KILL -> new Planned(new Fault.Kill(minority(), kind), gap, between(200, 6_000));
            case KILL_ALL -> new Planned(new Fault.Kill(all(), kind), gap, between(0, 1_000));
            case PAUSE -> new Planned(new Fault.Pause(some()), gap, between(200, 6_000));
            case ONE_WAY -> new Planned(new Fault.Cut(oneWay(), kind), gap, between(1_000, 10_000));
            case ISOLATE ->
                    new Planned(new Fault.Cut(isolate(), kind), gap, between(1_000, 12_000));
            case BRIDGE -> new Planned(new Fault.Cut(bridge(), kind), gap, between(2_000, 12_000));
            case FULL_DISK ->
                    new Planned(
                            new Fault.FullDisk(random.nextBoolean(), random.nextBoolean()),
                            gap,
                            between(2_000, 8_000));
            case BIT_FLIP ->
                    new Planned(
                            new Fault.BitFlip(one(), random.nextLong()), gap, between(0, 1_000));
            case WIPE -> new Planned(new Fault.Wipe(one()), gap, between(200, 6_000));
        };
    }

    private long between(int least, int most) {
        return random.nextInt(least, most + 1);
    }

    private int one() {
        return random.nextInt(nodes) + 1;
    }

    private List<Integer> all() {
        return IntStream.rangeClosed(1, nodes).boxed().toList();
    }

    private List<Integer> shuffled() {
        List<Integer> all = new ArrayList<>(all());
        Collections.shuffle(all, random);
        return all;
    }

    private List<Integer> minority() {
        return shuffled().subList(0, random.nextInt((nodes - 1) / 2) + 1);
    }

    /** Mostly one, at times any number of them. */
    private List<Integer> some() {
        return random.nextInt(3) > 0 ? List.of(one()) : shuffled().subList(0, one());
    }

    /** One to one other, one to all others, or all others to one. */
    private List<Link> oneWay() {
        List<Integer> order = shuffled();
        int node = order.getFirst();
        List<Integer> others = order.subList(1, random.nextInt(3) == 0 ? 2 : nodes);
        boolean isMute = random.nextBoolean();
        return others.stream()
                .map(other -> isMute ? new Link(node, other) : new Link(other, node))
                .toList();
    }

    private List<Link> isolate() {
        List<Integer> alone = minority();
        List<Integer> others = new ArrayList<>(all());
        others.removeAll(alone);
        if (random.nextBoolean()) {
            others.add(Network.CLIENTS);
        }
        return bothWays(alone, others);
    }

    private List<Link> bridge() {
        List<Integer> order = shuffled();
        int half = (nodes - 1) / 2;
        return bothWays(order.subList(0, half), order.subList(half, nodes - 1));
    }

    private static List<Link> bothWays(List<Integer> ones, List<Integer> others) {
        List<Link> links = new ArrayList<>();
        for (int one : ones) {
            for (int other : others) {
                links.add(new Link(one, other));
                links.add(new Link(other, one));
            }
        }
        return links;
    }
}
