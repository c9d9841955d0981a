package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.ShardConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * From one group to four and back, one group at a time, while clients read and write: how many
 * shards move, how many would have to, how long it takes, and what clients notice.
 */
@Command(
        name = "rebalance",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "From one group to four and back under load: moves, time, errors.")
public final class RebalanceDrill implements Callable<Integer> {
    private static final int GROUPS = 4;
    private static final int SHARDS = 256;
    private static final String PREFIX = "row:";
    private static final long SETTLED_MILLIS_MAX = 30 * 60_000;

    @Mixin private DrillOptions options = new DrillOptions();

    @Option(
            names = "--mib",
            paramLabel = "N",
            defaultValue = "256",
            description = "Of data in all shards together (${DEFAULT-VALUE}).")
    private int mebibytes = 256;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Requests a second of all clients (${DEFAULT-VALUE}).")
    private int rate = 1_000;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "20",
            description = "Load before the first change (${DEFAULT-VALUE}).")
    private int seconds = 20;

    private long moved;
    private long movedMin;
    private long errors;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = options.makeFolder();
        try (Nodes nodes = options.nodesAt(Places.loopback(3), folder);
                ShardControl control = new ShardControl(nodes)) {
            nodes.plan(SHARDS, 1);
            DrillOptions.serve(nodes, folder);
            control.switchCaretakerOff();
            ShardFilling filling = new ShardFilling(PREFIX, mebibytes);
            filling.write(nodes);
            List<Bytes> rows = ShardFilling.keysOutside(SHARDS, SHARDS, filling.count() / 4);
            try (PacedLoad load =
                    new PacedLoad(
                            nodes.count(),
                            List.of(
                                    PacedLoad.Kind.plain("plain", rows, nodes),
                                    new PacedLoad.Kind(
                                            "Jedis",
                                            rows,
                                            node -> ClusterAsker.ofJedis(nodes, node)),
                                    new PacedLoad.Kind(
                                            "Lettuce",
                                            rows,
                                            node -> ClusterAsker.ofLettuce(nodes, node))),
                            ShardFilling.VALUE_SIZE,
                            options.clients(),
                            rate)) {
                load.start();
                TimeUnit.SECONDS.sleep(seconds);
                print("one group", load.take());
                for (int group = 2; group <= GROUPS; group++) {
                    int joining = group;
                    change("group " + group + " joins", control, load, () -> control.join(joining));
                }
                for (int group = GROUPS; group > 1; group--) {
                    int leaving = group;
                    change(
                            "group " + group + " leaves",
                            control,
                            load,
                            () -> control.leave(leaving));
                }
            }
            return verdict(nodes, filling);
        }
    }

    private int verdict(Nodes nodes, ShardFilling filling)
            throws IOException, InterruptedException {
        int wrong = filling.wrong(nodes);
        long differing = Replicas.differing(nodes);
        System.out.printf(
                "%d shards moved, %d had to; %d errors; %d of %d rows wrong; replicas %s%n",
                moved,
                movedMin,
                errors,
                wrong,
                filling.count(),
                differing == 0 ? "agree" : "DIFFER");
        boolean isGood = wrong == 0 && differing == 0 && errors == 0 && moved == movedMin;
        return isGood ? 0 : 1;
    }

    private void change(String what, ShardControl control, PacedLoad load, Runnable change)
            throws IOException, InterruptedException {
        ShardConfig before = control.map().config();
        load.take();
        long began = System.nanoTime();
        change.run();
        control.awaitSettled(SETTLED_MILLIS_MAX);
        double took = (System.nanoTime() - began) / 1e9;
        ShardConfig after = control.map().config();
        long moves =
                IntStream.range(0, SHARDS)
                        .filter(shard -> before.owner(shard) != after.owner(shard))
                        .count();
        long least = least(before, after);
        moved += moves;
        movedMin += least;
        System.out.printf(
                Locale.ROOT,
                "%s: %d shards moved, %d had to, in %.1f s%n",
                what,
                moves,
                least,
                took);
        print(what, load.take());
    }

    /**
     * The fewest moves to any even distribution among the groups of a config: of those that stay
     * the ones who have most keep most of it.
     */
    static long least(ShardConfig before, ShardConfig after) {
        int groups = after.groups().size();
        Map<Long, Integer> counts = new TreeMap<>();
        after.groups().forEach(group -> counts.put(group.groupId(), 0));
        for (int shard = 0; shard < before.shardCount(); shard++) {
            counts.computeIfPresent(before.owner(shard), (_, count) -> count + 1);
        }
        List<Integer> most = new ArrayList<>(counts.values());
        most.sort(Comparator.reverseOrder());
        long kept = 0;
        for (int i = 0; i < groups; i++) {
            int quota = before.shardCount() / groups + (i < before.shardCount() % groups ? 1 : 0);
            kept += Math.min(quota, most.get(i));
        }
        return before.shardCount() - kept;
    }

    private void print(String name, List<PacedLoad.Figures> figures) {
        for (PacedLoad.Figures kind : figures) {
            errors += kind.errors().get();
            kind.print(name);
        }
    }
}
