package io.somekv.bench.drill;

import io.somekv.bench.drill.Fault.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Real processes, each in a network namespace of its own, real clients, and faults drawn from a
 * seed. What the clients heard must be linearizable, and all must be well once the faults are over.
 */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Kill, pause, cut off nodes, fill and wipe their disks and turn bits of their log, have"
                    + " shards and groups come and go, while clients write and read; what the"
                    + " clients heard must be linearizable.",
            "",
            "Faults of network and disk need root, and are left out where they cannot be done."
        })
public final class ChaosDrill implements Callable<Integer> {
    /** Above all that a node writes in a day of this load; only what is used takes memory. */
    private static final long DISK_SIZE = 8L << 30;

    private static final int NAMESPACE_PORT = 20_000;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--minutes",
            paramLabel = "M",
            defaultValue = "2",
            description = "How long faults are done; parts of a minute too (${DEFAULT-VALUE}).")
    private double minutes = 2;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "3 or 5 (${DEFAULT-VALUE}).")
    private int count = 3;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Draws the same faults as the run that printed it; a new one if left out.")
    private @Nullable Long seed;

    @Option(
            names = "--faults",
            paramLabel = "KIND",
            split = ",",
            description =
                    "Only these: kill, kill-all, pause, one-way, isolate, bridge, full-disk,"
                            + " bit-flip, wipe. All of them if left out.")
    private List<String> only = List.of();

    @Option(
            names = "--no-moves",
            description = "Leave shards and groups where they are; else they move all the time.")
    private boolean still;

    @Mixin private DrillOptions options = new DrillOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (count != 3 && count != 5) {
            throw new ParameterException(spec.commandLine(), "--nodes is 3 or 5");
        }
        List<Kind> kinds = new ArrayList<>(kinds());
        Path folder = options.makeFolder();
        long drawn = seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed;
        try (Closer closer = new Closer()) {
            Optional<Network> network = network(closer, kinds);
            Optional<SmallDisk> disk =
                    network.isPresent()
                            ? disk(closer, folder.resolve("n" + Faults.SMALL_DISK_NODE), kinds)
                            : Optional.empty();
            Nodes nodes =
                    network.isPresent()
                            ? options.nodesAt(network.get().places(), folder, NAMESPACE_PORT)
                            : options.nodesAt(Places.loopback(count), folder);
            closer.add(nodes::close);
            int groups = still ? 2 : MoveTrack.GROUPS;
            nodes.plan(MoveTrack.SHARDS, groups);
            DrillOptions.serve(nodes, folder);
            System.out.printf(
                    Locale.ROOT,
                    "%.1f minutes of faults %s, --seed %d%n",
                    minutes,
                    kinds.stream().map(Kind::label).toList(),
                    drawn);
            Findings findings = new Findings(new Clock());
            closer.add(findings::close);
            Faults faults = new Faults(nodes, network, disk, options.ceasesToSync(), findings);
            ChaosRun run = new ChaosRun(nodes, faults, findings, options.clients(), groups);
            ShardControl control = new ShardControl(nodes);
            closer.add(control::close);
            Optional<MoveTrack> moves =
                    still ? Optional.empty() : Optional.of(new MoveTrack(control, findings, drawn));
            run.go(drawn, kinds, moves, TimeUnit.SECONDS.toMillis((long) (60 * minutes)));
            run.settle();
            if (moves.isPresent()) {
                run.settleShards(control, moves.get());
            }
            return run.judge(folder) ? 0 : 1;
        }
    }

    private List<Kind> kinds() {
        List<Kind> kinds = new ArrayList<>();
        for (String name : only) {
            kinds.add(
                    List.of(Kind.values()).stream()
                            .filter(kind -> kind.label().equals(name))
                            .findFirst()
                            .orElseThrow(() ->
                                    new ParameterException(
                                            spec.commandLine(),
                                            "--faults: there is no '" + name + "'")));
        }
        return kinds.isEmpty() ? Kind.usual() : kinds;
    }

    /** The network, or without it no kinds that need one. */
    private Optional<Network> network(Closer closer, List<Kind> kinds)
            throws IOException, InterruptedException {
        Optional<String> hindrance = Network.hindrance();
        if (hindrance.isPresent()) {
            System.out.println(
                    "NO FAULTS OF NETWORK AND DISK: all runs on loopback, since namespaces cannot be"
                            + " made here ("
                            + hindrance.get()
                            + ")");
            kinds.removeIf(kind -> kind.isOfNetwork() || kind == Kind.FULL_DISK);
            return Optional.empty();
        }
        Network.removeLeftovers();
        SmallDisk.removeLeftovers();
        Network network = Network.make(count);
        closer.add(network::close);
        return Optional.of(network);
    }

    private static Optional<SmallDisk> disk(Closer closer, Path folder, List<Kind> kinds)
            throws InterruptedException {
        if (!kinds.contains(Kind.FULL_DISK)) {
            return Optional.empty();
        }
        try {
            SmallDisk disk = SmallDisk.mount(folder, DISK_SIZE);
            closer.add(disk::close);
            return Optional.of(disk);
        } catch (IOException e) {
            System.out.println("NO FULL DISKS: " + e.getMessage());
            kinds.remove(Kind.FULL_DISK);
            return Optional.empty();
        }
    }
}
