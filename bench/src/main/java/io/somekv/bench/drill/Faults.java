package io.somekv.bench.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Does faults to nodes, and undoes them. Faults of the network and of nodes may overlap; of each
 * there is one at a time, so that data is never in danger on more than a minority.
 */
final class Faults {
    private static final long REFUSAL_SECONDS_MAX = 60;
    private static final long CEASED_SECONDS = 2;
    private static final long GIVEN_BACK_SECONDS_MAX = 180;

    private final Nodes nodes;
    private final Optional<Network> network;

    /** Of the node with the number {@link #SMALL_DISK_NODE}. */
    private final Optional<SmallDisk> disk;

    private final boolean ceasesToSync;
    private final Findings findings;

    /** Nodes that are down, or may go down, for a fault's sake. */
    private final Set<Integer> excused = ConcurrentHashMap.newKeySet();

    private @Nullable WalBit turned;

    static final int SMALL_DISK_NODE = 1;

    /** Less than a node keeps free of the smallest disk. */
    private static final long LEFT_OF_RESERVE = 200L << 20;

    private static final long SETTLING_NANOS = 3_000_000_000L;

    /**
     * @param ceasesToSync all nodes cease to sync before they are killed together: writes get lost
     */
    Faults(
            Nodes nodes,
            Optional<Network> network,
            Optional<SmallDisk> disk,
            boolean ceasesToSync,
            Findings findings) {
        this.nodes = nodes;
        this.network = network;
        this.disk = disk;
        this.ceasesToSync = ceasesToSync;
        this.findings = findings;
    }

    /** Does it, and says what was done; empty where there is nothing to do it to. */
    Optional<String> begin(Fault fault) throws IOException, InterruptedException {
        return switch (fault) {
            case Fault.Kill kill -> Optional.of(kill(kill));
            case Fault.Pause(List<Integer> targets) -> {
                for (int node : targets) {
                    nodes.pause(node, true);
                }
                yield Optional.of("pause: SIGSTOP to nodes " + targets);
            }
            case Fault.Cut cut -> {
                for (Fault.Link link : cut.links()) {
                    network.orElseThrow().cut(link.from(), link.to());
                }
                yield Optional.of(cut.kind().label() + ": cut " + cut.links());
            }
            case Fault.FullDisk full -> Optional.of(fill(full));
            case Fault.BitFlip flip -> flip(flip);
            case Fault.Wipe(int node) -> {
                excused.add(node);
                nodes.kill(node);
                delete(nodes.folder(node));
                yield Optional.of("wipe: the folder of node " + node + " is gone");
            }
        };
    }

    /** Undoes it, and says so. */
    String end(Fault fault) throws IOException, InterruptedException {
        return switch (fault) {
            case Fault.Kill kill -> {
                if (ceasesToSync) {
                    nodes.syncs(true);
                }
                yield startAgain(kill.nodes());
            }
            case Fault.Pause(List<Integer> targets) -> {
                for (int node : targets) {
                    nodes.pause(node, false);
                }
                yield "SIGCONT to nodes " + targets;
            }
            case Fault.Cut _ -> {
                network.orElseThrow().heal();
                yield "all links are whole";
            }
            case Fault.FullDisk full -> {
                disk.orElseThrow().free();
                if (full.leavesReserve()) {
                    yield "room again for node " + SMALL_DISK_NODE;
                }
                boolean ended = endsOfWhatItMet(SMALL_DISK_NODE);
                yield "room again"
                        + (ended
                                ? " for node "
                                        + SMALL_DISK_NODE
                                        + ", which had ended by itself; "
                                        + startAgain(List.of(SMALL_DISK_NODE))
                                : stillRuns(SMALL_DISK_NODE));
            }
            case Fault.BitFlip(int node, long _) -> {
                nodes.kill(node);
                turnBack();
                yield "the bit is as it was; " + startAgain(List.of(node));
            }
            case Fault.Wipe(int node) -> giveBack(node);
        };
    }

    /** With a part of its reserve left the node refuses writes; that it ends would be a finding. */
    private String fill(Fault.FullDisk full) throws IOException, InterruptedException {
        excused.add(SMALL_DISK_NODE);
        disk.orElseThrow().fill(full.leavesReserve() ? LEFT_OF_RESERVE : 0);
        if (full.isRestarted()) {
            nodes.kill(SMALL_DISK_NODE);
            nodes.start(SMALL_DISK_NODE);
        }
        if (full.leavesReserve()) {
            excused.remove(SMALL_DISK_NODE);
        }
        return "full-disk: "
                + (full.leavesReserve() ? "only a part of its reserve" : "no room")
                + " for node "
                + SMALL_DISK_NODE
                + (full.isRestarted() ? ", which is killed and started" : "");
    }

    /** A write that found no room may be on its way to ending the node when there is room again. */
    private boolean endsOfWhatItMet(int node) throws InterruptedException {
        long end = System.nanoTime() + SETTLING_NANOS;
        while (nodes.isAlive(node) && System.nanoTime() - end < 0) {
            Thread.sleep(50);
        }
        return !nodes.isAlive(node);
    }

    private String stillRuns(int node) {
        excused.remove(node);
        return ", node " + node + " has kept running";
    }

    /** A node that ended though nothing was done to it is a finding; it is started again. */
    void watch() throws IOException {
        for (int node = 1; node <= nodes.count(); node++) {
            if (!nodes.isAlive(node) && !excused.contains(node) && !nodes.isAlive(node)) {
                if (!nodes.wasTold(node)) {
                    findings.add(
                            "node " + node + " ended by itself; see the end of " + nodes.log(node));
                }
                nodes.start(node);
            }
        }
    }

    private String kill(Fault.Kill kill) throws IOException, InterruptedException {
        excused.addAll(kill.nodes());
        boolean all = kill.nodes().size() == nodes.count();
        if (all && ceasesToSync) {
            nodes.syncs(false);
            TimeUnit.SECONDS.sleep(CEASED_SECONDS);
        }
        if (all) {
            nodes.killAll();
        } else {
            kill.nodes().forEach(nodes::kill);
        }
        return kill.kind().label() + ": kill -9 of nodes " + kill.nodes();
    }

    private String startAgain(List<Integer> targets) throws IOException {
        for (int node : targets) {
            if (!nodes.isAlive(node)) {
                nodes.start(node);
            }
            excused.remove(node);
        }
        return "nodes " + targets + " started again";
    }

    /**
     * Starts a node on an empty folder, and puts it in its own place as an operator would, until it
     * votes again in all of its groups. Links may be cut at the time, so it may take several calls.
     *
     * @throws IOException if it does not come to that: then another lost disk might be one too many
     */
    private String giveBack(int node) throws IOException, InterruptedException {
        startAgain(List.of(node));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GIVEN_BACK_SECONDS_MAX);
        Optional<String> refusal = nodes.replace(node);
        while (refusal.isPresent()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "node " + node + " does not get its place back: " + refusal.get());
            }
            TimeUnit.MILLISECONDS.sleep(500);
            refusal = nodes.replace(node);
        }
        return "node " + node + " has its place back, and votes in all of its groups";
    }

    /**
     * Turns a bit, starts the node, and sees that it refuses to serve. The same bit is turned back
     * afterwards: the folder is then what it was, and nothing is lost.
     */
    private Optional<String> flip(Fault.BitFlip flip) throws IOException, InterruptedException {
        int node = flip.node();
        excused.add(node);
        nodes.kill(node);
        Optional<WalBit> chosen = WalBit.choose(nodes.folder(node).resolve("wal"), flip.place());
        if (chosen.isEmpty()) {
            startAgain(List.of(node));
            return Optional.empty();
        }
        chosen.get().turn();
        turned = chosen.get();
        long before = timesReady(node);
        nodes.start(node);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(REFUSAL_SECONDS_MAX);
        while (nodes.isAlive(node) && timesReady(node) == before && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        boolean refused = !nodes.isAlive(node) && timesReady(node) == before;
        if (!refused) {
            findings.add(
                    "node " + node + " did not refuse a log with a bit turned: " + chosen.get());
        }
        return Optional.of(
                "bit-flip: node "
                        + node
                        + (refused ? " refuses its log with " : " DOES NOT REFUSE its log with ")
                        + chosen.get()
                        + " turned");
    }

    private void turnBack() throws IOException {
        if (turned != null) {
            turned.turn();
            turned = null;
        }
    }

    /** How often a node has said that it serves. */
    private long timesReady(int node) throws IOException {
        try (Stream<String> lines = Files.lines(nodes.log(node), UTF_8)) {
            return lines.filter(line -> line.contains("node " + node + " is ready")).count();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)) {
                    Files.delete(file);
                }
            }
        }
    }
}
