package io.somekv.sim.caretaker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.kv.caretaker.Planner;
import io.somekv.protocol.caretaker.CaretakerSettings;
import io.somekv.protocol.caretaker.Decision;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Clusters of many shapes, changed at random: the caretaker comes to rest each time, and what it
 * leaves is as it should be. That it never puts two replicas of a group on a node, or anything on
 * one that is dead or goes, is checked by the model with every decision.
 */
class PlacementTest {
    private static final CaretakerSettings SETTINGS = CaretakerSettings.DEFAULTS;

    private static ModelCluster.Size anySize(SplittableRandom random) {
        int zones = random.nextInt(5);
        return new ModelCluster.Size(
                6 + random.nextInt(20),
                zones,
                1 + random.nextInt(40),
                1 << random.nextInt(9),
                random.nextInt(4) == 0 ? 1 : 3);
    }

    @Test
    void comesToRestInGoodOrderAfterEachChange() {
        for (long seed = 1; seed <= 100; seed++) {
            PlacementRun run =
                    new PlacementRun(anySize(new SplittableRandom(seed)), SETTINGS, seed);
            run.settle();
            checkOrder("seed " + seed, run.cluster());
            for (int change = 0; change < 10; change++) {
                PlacementRun.Effect effect = run.change(change);
                checkOrder("seed " + seed + ", " + effect.name() + " " + change, run.cluster());
            }
        }
    }

    @Test
    void comesToRestWhereTheSubstituteOfADeadNodeDiesToo() {
        for (long seed = 1; seed <= 100; seed++) {
            SplittableRandom shape = new SplittableRandom(seed);
            ModelCluster.Size size =
                    new ModelCluster.Size(
                            6 + shape.nextInt(20), shape.nextInt(5), 1 + shape.nextInt(40), 64, 3);
            PlacementRun run = new PlacementRun(size, SETTINGS, seed);
            run.settle();
            PlacementRun.Effect effect = run.loseWithSubstitute();
            checkOrder("seed " + seed + ", " + effect.name(), run.cluster());
        }
    }

    /** Each kind of change once, as {@code somekv sim placement} has twenty of them. */
    @Test
    void keepsOrderAmongHundredsOfNodes() {
        PlacementRun run =
                new PlacementRun(new ModelCluster.Size(200, 5, 1_000, 16_384, 3), SETTINGS, 1);
        run.settle();
        checkOrder("in the beginning", run.cluster());
        for (int change = 0; change < 5; change++) {
            PlacementRun.Effect effect = run.change(change);
            checkOrder(effect.name(), run.cluster());
        }
    }

    private static void checkOrder(String when, ModelCluster cluster) {
        long zoneCount =
                cluster.nodeIds().stream()
                        .map(cluster::node)
                        .filter(ModelCluster.Node::takes)
                        .map(node -> node.zone)
                        .distinct()
                        .count();
        for (ModelCluster.Group group : cluster.groups()) {
            assertEquals(
                    group.voters.size(),
                    new TreeSet<>(group.voters).size(),
                    when + ": a node each");
            assertTrue(
                    group.voters.stream().map(cluster::node).allMatch(ModelCluster.Node::takes),
                    when + ": group " + group.id + " is where it should leave");
            assertEquals(
                    Math.min(group.voters.size(), zoneCount),
                    cluster.zonesOf(group),
                    when + ": zones of group " + group.id);
        }
        checkEvenByZone(when, cluster);
    }

    /** Zones of few nodes may bear more; within a zone nobody does. */
    private static void checkEvenByZone(String when, ModelCluster cluster) {
        TreeMap<String, TreeSet<Integer>> countsByZone = new TreeMap<>();
        cluster.replicaCounts()
                .forEach((node, count) ->
                        countsByZone
                                .computeIfAbsent(cluster.node(node).zone, _ -> new TreeSet<>())
                                .add(count));
        countsByZone.forEach((zone, counts) ->
                assertTrue(
                        counts.last() - counts.first() <= 1,
                        when + ": zone '" + zone + "' has " + counts));
    }

    @Test
    void leadersAreEvenWhereReplicasAre() {
        for (long seed = 1; seed <= 50; seed++) {
            PlacementRun run =
                    new PlacementRun(new ModelCluster.Size(12, 3, 60, 60, 3), SETTINGS, seed);
            run.settle();
            Collection<Integer> leaders = run.cluster().leaderCounts().values();
            assertEquals(5, leaders.stream().mapToInt(n -> n).max().orElseThrow(), "seed " + seed);
            assertEquals(5, leaders.stream().mapToInt(n -> n).min().orElseThrow(), "seed " + seed);
        }
    }

    @Test
    void movesNoMoreReplicasThanItMust() {
        for (long seed = 1; seed <= 50; seed++) {
            PlacementRun run =
                    new PlacementRun(new ModelCluster.Size(20, 5, 100, 64, 3), SETTINGS, seed);
            run.settle();
            for (int change = 0; change < 5; change++) {
                PlacementRun.Effect effect = run.change(change);
                if (effect.name().contains("node")) {
                    assertTrue(
                            effect.counts().replicas() <= effect.least() * 2 + 2,
                            "seed %d, %s: %d replicas moved, at least %d had to"
                                    .formatted(
                                            seed,
                                            effect.name(),
                                            effect.counts().replicas(),
                                            effect.least()));
                }
            }
        }
    }

    @Test
    void decidesTheSameAgain() {
        for (long seed = 1; seed <= 20; seed++) {
            ModelCluster cluster =
                    new ModelCluster(
                            new ModelCluster.Size(15, 3, 50, 256, 3), new SplittableRandom(seed));
            List<Decision> decisions = Planner.decide(cluster.view(), SETTINGS);
            assertEquals(decisions, Planner.decide(cluster.view(), SETTINGS));
            assertTrue(!decisions.isEmpty(), "seed " + seed);
        }
    }

    @Test
    void noGroupBearsFarMoreThanOthersUnlessByOneShard() {
        for (long seed = 1; seed <= 30; seed++) {
            PlacementRun run =
                    new PlacementRun(new ModelCluster.Size(10, 2, 20, 1024, 3), SETTINGS, seed);
            PlacementRun.Effect effect = run.settle();
            double hottest = run.hottest();
            assertTrue(
                    effect.balance().requests() < Math.max(1.34, hottest + 0.5),
                    "seed " + seed + ": " + effect.balance() + ", one shard: " + hottest);
            assertTrue(effect.balance().shards() < 1.02, "seed " + seed + ": " + effect.balance());
        }
    }

    @Test
    void loadThatWaversMovesNothingToAndFro() {
        for (long seed = 1; seed <= 20; seed++) {
            PlacementRun run =
                    new PlacementRun(new ModelCluster.Size(10, 2, 20, 1024, 3), SETTINGS, seed);
            run.settle();
            SplittableRandom random = new SplittableRandom(seed);
            TreeSet<Integer> moved = new TreeSet<>();
            int late = 0;
            for (int round = 0; round < 300; round++) {
                for (Decision decision :
                        Planner.decide(run.cluster().wavering(random, 0.1), SETTINGS)) {
                    run.cluster().carryOut(decision);
                    late += round < 200 ? 0 : 1;
                    assertTrue(
                            decision instanceof Decision.MoveShard move && moved.add(move.shard()),
                            "seed " + seed + ": once more " + decision);
                }
            }
            assertTrue(late <= 8, "seed " + seed + ": " + late + " moves after 200 rounds");
        }
    }
}
