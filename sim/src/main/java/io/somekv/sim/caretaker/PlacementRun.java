package io.somekv.sim.caretaker;

import io.somekv.kv.caretaker.ClusterView;
import io.somekv.kv.caretaker.Planner;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Nodes and groups join and leave a model of a cluster, and each time the caretaker decides until
 * it has nothing more to decide.
 */
final class PlacementRun {
    /** Far above what any change needs: past it the caretaker does not come to rest. */
    private static final int ROUNDS_MAX = 100_000;

    private final ModelCluster cluster;
    private final CaretakerSettings settings;
    private final int replicas;
    private final SplittableRandom random;

    /**
     * What one change brought with it.
     *
     * @param name of the change
     * @param joinMoves shards that a join or leave of a group itself gave to others
     * @param least the fewest replicas that had to move, or shards for a group
     * @param decideNanos by round
     */
    record Effect(
            String name,
            Counts counts,
            int joinMoves,
            int least,
            List<Long> decideNanos,
            Balance balance) {}

    /** Decisions by kind. */
    record Counts(int rounds, int replicas, int handOvers, int shards) {}

    /** The most that anybody has, in parts of the average. */
    record Balance(double replicas, double leaders, double shards, double requests) {}

    PlacementRun(ModelCluster.Size size, CaretakerSettings settings, long seed) {
        this.random = new SplittableRandom(seed);
        this.cluster = new ModelCluster(size, random.split());
        this.settings = settings;
        this.replicas = size.replicas();
    }

    ModelCluster cluster() {
        return cluster;
    }

    /** What one shard bears at most, in parts of what a group does on average. */
    double hottest() {
        double total = cluster.requests().values().stream().mapToLong(n -> n).sum();
        return cluster.requestsOfHottestShard() / (total / cluster.groupIds().size());
    }

    /** From wherever everything lies at first. */
    Effect settle() {
        return effect("in the beginning", 0, 0);
    }

    /** Change {@code number}: the kinds take turns. */
    Effect change(int number) {
        return switch (number % 5) {
            case 0 -> {
                cluster.joinNode();
                yield effect("a node joins", 0, total() / cluster.replicaCounts().size());
            }
            case 1 -> {
                cluster.joinGroup(replicas);
                int fair = cluster.shardCount() / cluster.groupIds().size();
                yield effect("a group joins", fair, fair);
            }
            case 2 -> {
                long node = anyNode();
                int least = cluster.replicasOn(node);
                cluster.drain(node);
                Effect effect = effect("a node leaves", 0, least);
                cluster.forget(node);
                yield effect;
            }
            case 3 -> {
                List<Long> groups = cluster.groupIds();
                int moved = cluster.leaveGroup(groups.get(random.nextInt(groups.size())));
                yield effect("a group leaves", moved, moved);
            }
            default -> {
                long node = anyNode();
                int least = cluster.replicasOn(node);
                boolean mayDie = replicas > 2;
                if (mayDie) {
                    cluster.kill(node);
                } else {
                    cluster.drain(node);
                }
                Effect effect = effect(mayDie ? "a node dies" : "a node leaves", 0, least);
                cluster.forget(node);
                yield effect;
            }
        };
    }

    /** A node dies, and so does a new one before it has the first one's replicas. */
    Effect loseWithSubstitute() {
        long node = anyNode();
        long substitute = cluster.joinNode();
        int least = cluster.replicasOn(node);
        cluster.killWithSubstitute(node, substitute);
        Effect effect = effect("a node dies, and its substitute", 0, least);
        cluster.forget(node);
        cluster.forget(substitute);
        return effect;
    }

    private int total() {
        return cluster.groups().stream().mapToInt(group -> group.voters.size()).sum();
    }

    private long anyNode() {
        List<Long> nodes = cluster.nodeIds();
        return nodes.get(random.nextInt(nodes.size()));
    }

    private Effect effect(String name, int joinMoves, int least) {
        List<Long> nanos = new ArrayList<>();
        int[] counts = new int[3];
        while (true) {
            ClusterView view = cluster.view();
            long start = System.nanoTime();
            List<Decision> decisions = Planner.decide(view, settings);
            nanos.add(System.nanoTime() - start);
            if (decisions.isEmpty()) {
                break;
            }
            if (nanos.size() > ROUNDS_MAX) {
                throw new IllegalStateException("no rest after " + ROUNDS_MAX + " rounds: " + name);
            }
            for (Decision decision : decisions) {
                counts[kindOf(decision)]++;
                cluster.carryOut(decision);
            }
        }
        return new Effect(
                name,
                new Counts(nanos.size(), counts[0], counts[1], counts[2]),
                joinMoves,
                least,
                nanos,
                balance());
    }

    private static int kindOf(Decision decision) {
        return switch (decision) {
            case Decision.ReplaceReplica _, Decision.AddReplica _, Decision.RemoveReplica _ -> 0;
            case Decision.HandOver _ -> 1;
            case Decision.MoveShard _ -> 2;
        };
    }

    private Balance balance() {
        List<Long> requests = new ArrayList<>(cluster.requests().values());
        List<Long> shards = cluster.groupIds().stream().map(cluster::shardsOf).toList();
        return new Balance(
                mostOfAverage(longs(cluster.replicaCounts().values().stream().toList())),
                mostOfAverage(longs(cluster.leaderCounts().values().stream().toList())),
                mostOfAverage(shards),
                mostOfAverage(requests));
    }

    private static List<Long> longs(List<Integer> counts) {
        return counts.stream().map(Integer::longValue).toList();
    }

    private static double mostOfAverage(List<Long> counts) {
        double average = counts.stream().mapToLong(n -> n).average().orElse(0);
        long most = counts.stream().mapToLong(n -> n).max().orElse(0);
        return average == 0 ? 0 : most / average;
    }
}
