package io.somekv.sim.caretaker;

import io.somekv.protocol.caretaker.CaretakerSettings;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code somekv sim placement}: what the caretaker does about a cluster that changes. */
@Command(
        name = "placement",
        mixinStandardHelpOptions = true,
        description = {
            "Have nodes and groups join, leave and die in a model of a large cluster, and let the"
                    + " caretaker put it in order each time.",
            "Prints what moved, how even it is afterwards (the most that a node or group has, in"
                    + " parts of the average), and how long a round of deciding took."
        })
public final class PlacementCommand implements Callable<Integer> {
    private static final String ROW = "%-18s %7s %9s %6s %10s %7s %6s %9s %8s %7s %9s%n";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--nodes", description = "Default: ${DEFAULT-VALUE}.")
    private int nodes = 200;

    @Option(names = "--zones", description = "Default: ${DEFAULT-VALUE}.")
    private int zones = 5;

    @Option(names = "--groups", description = "Default: ${DEFAULT-VALUE}.")
    private int groups = 1_000;

    @Option(names = "--shards", description = "Default: ${DEFAULT-VALUE}.")
    private int shards = 16_384;

    @Option(names = "--changes", description = "Joins, leaves, deaths (default: ${DEFAULT-VALUE}).")
    private int changes = 20;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PlacementRun run =
                new PlacementRun(
                        new ModelCluster.Size(nodes, zones, groups, shards, 3),
                        CaretakerSettings.DEFAULTS,
                        seed);
        out.printf(
                ROW,
                "change",
                "rounds",
                "replicas",
                "least",
                "hand-overs",
                "shards",
                "least",
                "replicas",
                "leaders",
                "shards",
                "requests");
        print(out, run.settle());
        List<PlacementRun.Effect> effects = new ArrayList<>();
        for (int change = 0; change < changes; change++) {
            PlacementRun.Effect effect = run.change(change);
            effects.add(effect);
            print(out, effect);
        }
        summarize(run, effects);
        out.flush();
        return 0;
    }

    private static void print(PrintWriter out, PlacementRun.Effect effect) {
        boolean isOfGroup = effect.joinMoves() > 0;
        PlacementRun.Balance balance = effect.balance();
        out.printf(
                ROW,
                effect.name(),
                effect.counts().rounds(),
                effect.counts().replicas(),
                isOfGroup ? 0 : effect.least(),
                effect.counts().handOvers(),
                effect.joinMoves() + effect.counts().shards(),
                isOfGroup ? effect.least() : 0,
                parts(balance.replicas()),
                parts(balance.leaders()),
                parts(balance.shards()),
                parts(balance.requests()));
        out.flush();
    }

    private static String parts(double most) {
        return String.format(Locale.ROOT, "%.2f", most);
    }

    private void summarize(PlacementRun run, List<PlacementRun.Effect> effects) {
        PrintWriter out = spec.commandLine().getOut();
        List<Double> millis =
                effects.stream()
                        .flatMap(effect -> effect.decideNanos().stream())
                        .map(nanos -> nanos / 1e6)
                        .sorted()
                        .toList();
        Map<String, List<PlacementRun.Effect>> byName = new TreeMap<>();
        effects.forEach(effect ->
                byName.computeIfAbsent(effect.name(), _ -> new ArrayList<>()).add(effect));
        out.printf("%nmedians%n");
        byName.forEach((name, alike) ->
                out.printf(
                        Locale.ROOT,
                        "%-18s replicas %.0f, hand-overs %.0f, shards %.0f; at least %.0f had to"
                                + " move%n",
                        name,
                        median(alike, effect -> effect.counts().replicas()),
                        median(alike, effect -> effect.counts().handOvers()),
                        median(alike, effect -> effect.joinMoves() + effect.counts().shards()),
                        median(alike, PlacementRun.Effect::least)));
        out.printf(
                Locale.ROOT,
                "most of the average: replicas %.2f, leaders %.2f, shards %.2f, requests %.2f%n",
                median(effects, effect -> effect.balance().replicas()),
                median(effects, effect -> effect.balance().leaders()),
                median(effects, effect -> effect.balance().shards()),
                median(effects, effect -> effect.balance().requests()));
        out.printf(
                Locale.ROOT,
                "the hottest shard alone bears %.2f of what a group does on average%n"
                        + "a round takes %.2f ms of a processor to decide (median of %d), %.2f ms (99 of"
                        + " 100), %.2f ms (the longest: the first)%n",
                run.hottest(),
                millis.get(millis.size() / 2),
                millis.size(),
                millis.get(millis.size() * 99 / 100),
                millis.getLast());
    }

    private static double median(
            List<PlacementRun.Effect> effects, ToDoubleFunction<PlacementRun.Effect> figure) {
        return effects.stream()
                .mapToDouble(figure)
                .sorted()
                .skip(effects.size() / 2)
                .findFirst()
                .orElse(0);
    }
}
