package io.somekv.bench.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Three server processes on loopback, started by {@code bench/nodes.sh}, which knows their command
 * lines. Only what was started here is ever killed.
 */
final class Nodes implements AutoCloseable {
    /** 128 and the number of the signal: SIGHUP, SIGINT, SIGTERM. */
    private static final Set<Integer> TOLD_EXIT_CODES = Set.of(129, 130, 143);

    private final Path script;
    private final Path folder;
    private final Places places;
    private final int firstPort;
    private final Map<String, String> environment;
    private final Map<Integer, Process> running = new TreeMap<>();
    private boolean closed;

    private Nodes(
            Path script,
            Path folder,
            Places places,
            int firstPort,
            Map<String, String> environment) {
        this.script = script;
        this.folder = folder;
        this.places = places;
        this.firstPort = firstPort;
        this.environment = environment;
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "end-of-nodes"));
    }

    /**
     * @param project the project's folder
     * @param folder where the nodes keep their data and their logs
     * @param firstPort all ports are counted from it; empty to choose free ones
     * @param environment what else the script is to know
     */
    static Nodes of(
            Path project,
            Path folder,
            Places places,
            Optional<Integer> firstPort,
            Map<String, String> environment)
            throws IOException, InterruptedException {
        Path script = project.resolve("bench/nodes.sh");
        int port = firstPort.isPresent() ? firstPort.get() : choosePort(script);
        Map<String, String> told = new TreeMap<>(environment);
        told.put("SOMEKV_FIRST_PORT", Integer.toString(port));
        told.put("SOMEKV_HOSTS", String.join(" ", places.hosts()));
        return new Nodes(script, folder, places, port, told);
    }

    private static int choosePort(Path script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(script.toString(), "choose-port").start();
        String answer = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("no free ports: " + answer);
        }
        return Integer.parseInt(answer);
    }

    int count() {
        return places.hosts().size();
    }

    String host(int node) {
        return places.hosts().get(node - 1);
    }

    /** RESP port of a node, from 1; as the script counts it. */
    int respPort(int node) {
        return firstPort + node;
    }

    /** Where a node speaks to clients of Redis Cluster; as the script counts it. */
    int clusterPort(int node) {
        return firstPort + 30 + node;
    }

    /** Control port of a node; as the script counts it. */
    String controlAddress(int node) {
        return host(node) + ":" + (firstPort + 20 + node);
    }

    /** Where Java clients reach all nodes. */
    List<InetSocketAddress> peerAddresses() {
        return IntStream.rangeClosed(1, count())
                .mapToObj(node -> new InetSocketAddress(host(node), firstPort + 10 + node))
                .toList();
    }

    /** A node's data. */
    Path folder(int node) {
        return folder.resolve("n" + node);
    }

    /** What a node has printed, in all of its runs. */
    Path log(int node) {
        return folder.resolve("node-" + node + ".log");
    }

    /** Starts a node, on the data it left if there is some. Does not wait until it serves. */
    synchronized void start(int node) throws IOException {
        if (closed) {
            return;
        }
        ProcessBuilder command = command("node", folder.toString(), Integer.toString(node));
        command.command().addAll(0, places.entering().get(node - 1));
        running.put(
                node,
                command.redirectOutput(ProcessBuilder.Redirect.appendTo(log(node).toFile()))
                        .start());
    }

    /** Starts all on the data they left; whether they serve again. */
    boolean startAll() throws IOException, InterruptedException {
        for (int node = 1; node <= count(); node++) {
            start(node);
        }
        return allServe();
    }

    /** Whether all serve, a minute at the most for each to begin. */
    boolean allServe() throws InterruptedException {
        for (int node = 1; node <= count(); node++) {
            if (!NodeClient.await(this, node)) {
                return false;
            }
        }
        return true;
    }

    /** What {@link #form} is to make: so many shards, and groups from 1. */
    void plan(int shards, int groups) {
        environment.put("SOMEKV_SHARDS", Integer.toString(shards));
        environment.put(
                "SOMEKV_GROUPS",
                String.join(" ", IntStream.rangeClosed(1, groups).mapToObj(n -> "" + n).toList()));
    }

    /** Makes them one cluster; once for new data. */
    void form() throws IOException, InterruptedException {
        Process process = command("form").inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IOException("the cluster could not be formed; the logs are in " + folder);
        }
    }

    /** The node that leads a group now. */
    int leaderOf(int group) throws IOException, InterruptedException {
        Process process = command("leader", Integer.toString(group)).start();
        String answer = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        if (process.waitFor() != 0 || !answer.matches("[1-9]")) {
            throw new IOException("no leader of group " + group + ": " + answer);
        }
        return Integer.parseInt(answer);
    }

    /**
     * Puts a node that runs on an empty folder in its own place; why that did not come to its end,
     * or nothing when the node votes again in all of its groups. May be called again.
     */
    Optional<String> replace(int node) throws IOException, InterruptedException {
        Process process = command("replace", Integer.toString(node)).start();
        String answer = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        return process.waitFor() == 0 ? Optional.empty() : Optional.of(answer);
    }

    /** What each replica of each group says it has applied, and the digest over that. */
    List<ReplicaDigest> digests() throws IOException, InterruptedException {
        Process process = command("digests").start();
        String answer = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("no digests: " + answer);
        }
        return answer.lines().map(ReplicaDigest::parse).toList();
    }

    /**
     * @param applied index up to which the replica has applied
     */
    record ReplicaDigest(long group, long node, long applied, String digest) {
        static ReplicaDigest parse(String line) {
            List<String> words = List.of(line.split(" ", -1));
            return new ReplicaDigest(
                    Long.parseLong(words.get(0)),
                    Long.parseLong(words.get(1)),
                    Long.parseLong(words.get(2)),
                    words.get(3));
        }
    }

    /**
     * Kills with -9, and waits until the process is gone. The script became the server by {@code
     * exec}, so the process id is the server's own.
     */
    synchronized void kill(int node) {
        Process process = running.remove(node);
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    /** Has a node stand still, with SIGSTOP, or go on. */
    synchronized void pause(int node, boolean isPaused) throws IOException, InterruptedException {
        Process process = running.get(node);
        if (process != null && process.isAlive()) {
            Tools.run("kill", isPaused ? "-STOP" : "-CONT", Long.toString(process.pid()));
        }
    }

    /** Whether a node was started and has not ended since, by itself or by a kill. */
    synchronized boolean isAlive(int node) {
        Process process = running.get(node);
        return process != null && process.isAlive();
    }

    /**
     * Whether a node has ended because it was told to. No fault tells it: so the operator has, who
     * pressed Ctrl-C, which the nodes get together with the drill.
     */
    synchronized boolean wasTold(int node) {
        Process process = running.get(node);
        return process != null
                && !process.isAlive()
                && TOLD_EXIT_CODES.contains(process.exitValue());
    }

    /** Tells disks that can cease to sync, to do so, or to sync again. */
    void syncs(boolean isSyncing) throws IOException {
        for (int node = 1; node <= count(); node++) {
            Path sign = folder(node).resolve("cease-to-sync");
            if (isSyncing) {
                Files.deleteIfExists(sign);
            } else {
                Files.createFile(sign);
            }
        }
    }

    /** Kills all before it waits for any: nobody is left to carry on. */
    synchronized void killAll() {
        running.values().forEach(Process::destroyForcibly);
        running.values().forEach(process -> process.onExit().join());
        running.clear();
    }

    /** Fails when a node has ended by itself. */
    synchronized void checkAlive() throws IOException {
        for (Map.Entry<Integer, Process> each : running.entrySet()) {
            if (!each.getValue().isAlive()) {
                throw new IOException(
                        "node " + each.getKey() + " ended by itself; the logs are in " + folder);
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        killAll();
    }

    private ProcessBuilder command(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder();
        builder.command().add(script.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true);
    }
}
