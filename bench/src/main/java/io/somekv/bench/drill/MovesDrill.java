package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.Slots;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One large shard moves from a group to another while clients read and write it and others: what
 * they notice, before, while it is copied and handed over, while it is compared, and afterwards.
 * Three nodes host both groups; source, target and shard master are each led by a node of their
 * own.
 */
@Command(
        name = "moves",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Move a large shard under load: pauses, latencies, MB/s.")
public final class MovesDrill implements Callable<Integer> {
    private static final int MASTER_NODE = 1;
    private static final int SOURCE_NODE = 2;
    private static final int TARGET_NODE = 3;

    private static final String PREFIX = "{moving}:";

    /** Of a smaller shard that moves first, so that what is measured is compiled code. */
    private static final String WARM_UP_PREFIX = "{warm-up}:";

    private static final int WARM_UP_MEBIBYTES = 64;

    /** There and back: with less the compilers take a core now and then while it is measured. */
    private static final int WARM_UPS = 3;

    private static final int OTHER_KEYS = 10_000;
    private static final long MOVE_MILLIS_MAX = 30 * 60_000;

    @Mixin private DrillOptions options = new DrillOptions();

    @Option(
            names = "--mib",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Size of the shard (${DEFAULT-VALUE}).")
    private int mebibytes = 1024;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "1000",
            description =
                    "Requests a second of all clients, half of them to the shard"
                            + " (${DEFAULT-VALUE}).")
    private int rate = 1_000;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "20",
            description = "Load before and after each move (${DEFAULT-VALUE}).")
    private int seconds = 20;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Nodes nodes = options.startNodes();
                ShardControl control = new ShardControl(nodes)) {
            control.switchCaretakerOff();
            ClusterMap map = control.map();
            int shardCount = map.settings().shardCount();
            int shard = Slots.shardOf(Bytes.utf8(PREFIX), shardCount);
            long from = map.config().owner(shard);
            long to = 3 - from;
            ShardFilling filling = new ShardFilling(PREFIX, mebibytes);
            fill(nodes, filling);
            new ShardFilling(WARM_UP_PREFIX, WARM_UP_MEBIBYTES).write(nodes);
            control.lead(0, MASTER_NODE);
            control.lead(from, SOURCE_NODE);
            control.lead(to, TARGET_NODE);
            List<Bytes> moving =
                    IntStream.range(0, filling.count())
                            .mapToObj(n -> Bytes.wrap(filling.key(n)))
                            .toList();
            List<Bytes> others = ShardFilling.keysOutside(shard, shardCount, OTHER_KEYS);
            try (PacedLoad load =
                    new PacedLoad(
                            nodes.count(),
                            List.of(
                                    PacedLoad.Kind.plain("that shard", moving, nodes),
                                    PacedLoad.Kind.plain("others", others, nodes)),
                            ShardFilling.VALUE_SIZE,
                            options.clients(),
                            rate)) {
                load.start();
                warmUp(control, map);
                load.take();
                during(load, "before");
                move(control, load, shard, from, to);
                during(load, "afterwards");
                move(control, load, shard, to, from);
                during(load, "afterwards");
            }
            long differing = Replicas.differing(nodes);
            System.out.println(
                    differing == 0 ? "the replicas agree" : "REPLICAS DIFFER: " + differing);
            return differing == 0 ? 0 : 1;
        }
    }

    private void fill(Nodes nodes, ShardFilling filling) {
        long began = System.nanoTime();
        filling.write(nodes);
        System.out.printf(
                Locale.ROOT,
                "%d keys of %d bytes in one shard, written in %.1f s; load: %d requests a second by"
                        + " %d clients, half of them to that shard, half of them writes%n",
                filling.count(),
                ShardFilling.VALUE_SIZE,
                (System.nanoTime() - began) / 1e9,
                rate,
                options.clients());
    }

    private void warmUp(ShardControl control, ClusterMap map)
            throws IOException, InterruptedException {
        int shard = Slots.shardOf(Bytes.utf8(WARM_UP_PREFIX), map.settings().shardCount());
        long from = map.config().owner(shard);
        for (int times = 0; times < WARM_UPS; times++) {
            for (long to : new long[] {3 - from, from}) {
                ShardTravel travel = begin(control, shard, 3 - to, to);
                check(travel, travel.awaitEnd(MOVE_MILLIS_MAX));
            }
        }
        System.out.printf(
                "first a shard of %d MiB moved there and back under that load, %d times%n",
                WARM_UP_MEBIBYTES, WARM_UPS);
        TimeUnit.SECONDS.sleep(seconds);
    }

    private void during(PacedLoad load, String name) throws InterruptedException {
        TimeUnit.SECONDS.sleep(seconds);
        print(load, name);
    }

    private static void print(PacedLoad load, String name) {
        load.take().forEach(figures -> figures.print(name));
    }

    private void move(ShardControl control, PacedLoad load, int shard, long from, long to)
            throws IOException, InterruptedException {
        ShardTravel travel = begin(control, shard, from, to);
        check(travel, travel.awaitOwned(MOVE_MILLIS_MAX));
        // Who waited for the hand-over has an answer by then.
        TimeUnit.SECONDS.sleep(1);
        print(load, "while copied");
        check(travel, travel.awaitEnd(MOVE_MILLIS_MAX));
        double millis = travel.millis();
        print(load, "while compared");
        double copied = travel.millisTo(ShardTravel.Step.CATCH_UP).orElse(millis);
        System.out.printf(
                Locale.ROOT,
                "moved to group %d in %.1f s, copied at %.1f MB/s; seen: %s%n",
                to,
                millis / 1e3,
                mebibytes * 1.048576 * 1e3 / copied,
                travel.steps());
    }

    private static ShardTravel begin(ShardControl control, int shard, long from, long to)
            throws IOException, InterruptedException {
        ShardTravel travel = new ShardTravel(control, shard, from, to);
        control.move(shard, to);
        return travel;
    }

    private static void check(ShardTravel travel, boolean isInTime) throws IOException {
        if (!isInTime) {
            throw new IOException("the shard does not arrive: " + travel.steps());
        }
    }
}
