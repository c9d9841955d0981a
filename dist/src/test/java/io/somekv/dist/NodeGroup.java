package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.client.ClientSettings;
import io.somekv.client.SomeKvClient;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.grpc.ControlChannel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine;
import redis.clients.jedis.HostAndPort;

/**
 * Nodes as processes of their own on loopback, counted from 1, which form one cluster with one
 * group of keys. They are killed with -9, robbed of their folders, and brought back as an operator
 * would.
 */
final class NodeGroup implements AutoCloseable {
    private static final int PORTS_PER_NODE = 3;
    private static final long SETTLED_NANOS_MAX = 60_000_000_000L;

    private final Path folder;
    private final int count;
    private final Program program;
    private final int firstPort;
    private final Map<Integer, Process> running = new TreeMap<>();
    private final List<SomeKvClient> clients = new ArrayList<>();
    private int starts;

    /** Where the shard master is. */
    private int[] masterNodes = {};

    private NodeGroup(Path folder, int count, Program program)
            throws IOException, InterruptedException {
        this.folder = folder;
        this.count = count;
        this.program = program;
        this.firstPort = program.choosePort();
    }

    /** Starts nodes on empty folders, and makes them a cluster whose group is on all of them. */
    static NodeGroup form(Path folder, int count) throws IOException, InterruptedException {
        return form(folder, count, new Program(folder));
    }

    /** The same with a program of one's own choice. */
    static NodeGroup form(Path folder, int count, Program program)
            throws IOException, InterruptedException {
        NodeGroup nodes = new NodeGroup(folder, count, program);
        try {
            int[] all = IntStream.rangeClosed(1, count).toArray();
            nodes.start(all);
            String others =
                    String.join(",", Arrays.stream(all).skip(1).mapToObj(nodes::control).toList());
            String ids = String.join(",", Arrays.stream(all).mapToObj(Integer::toString).toList());
            nodes.type(0, 1, "cluster", "start", "--with", others);
            nodes.type(0, 1, "cluster", "join", "1", "--on", ids);
            return nodes;
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            nodes.close();
            throw e;
        }
    }

    /** Starts nodes on empty folders that are in no cluster yet. */
    static NodeGroup start(Path folder, int count) throws IOException, InterruptedException {
        NodeGroup nodes = new NodeGroup(folder, count, new Program(folder));
        try {
            nodes.start(IntStream.rangeClosed(1, count).toArray());
            return nodes;
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            nodes.close();
            throw e;
        }
    }

    /** Makes a cluster without groups of keys, with the shard master on these nodes. */
    void startCluster(int shards, int... masters) {
        masterNodes = masters.clone();
        String others = controls(Arrays.stream(masters).skip(1).toArray());
        type(0, masters[0], "cluster", "start", "--shards", "" + shards, "--with", others);
    }

    /** Creates a group on nodes, unless it was there before; it takes its share of the shards. */
    void join(long group, int... on) {
        List<String> words = new ArrayList<>(List.of("cluster", "join", Long.toString(group)));
        for (int node : on) {
            boolean isKnown = Arrays.stream(masterNodes).anyMatch(master -> master == node);
            words.addAll(List.of(isKnown ? "--on" : "--new", isKnown ? "" + node : control(node)));
        }
        type(0, anyMaster(), words.toArray(String[]::new));
    }

    /** The other groups get the shards of this one. */
    void leave(long group) {
        type(0, anyMaster(), "cluster", "leave", Long.toString(group));
    }

    /** Gives a shard to a group; if that has it already, it keeps it. */
    void move(int shard, long group) {
        try (ControlChannel channel = ControlChannel.to(control(anyMaster()))) {
            channel.move(shard, group);
        } catch (ControlException e) {
            assertEquals(ControlException.Kind.NOT_NOW, e.kind(), e::getMessage);
        }
    }

    /** Waits until every group serves what the newest config gives it, and none anything else. */
    void awaitSettled() throws InterruptedException {
        long deadline = System.nanoTime() + SETTLED_NANOS_MAX;
        while (!isSettled()) {
            boolean ended = runningProcess().waitFor(20, TimeUnit.MILLISECONDS);
            assertTrue(!ended && System.nanoTime() - deadline < 0, "shards are still on their way");
        }
    }

    /** Against what the shard master says: nodes may not have heard of the newest config. */
    private boolean isSettled() {
        Map<Long, Integer> due = new TreeMap<>();
        try (ControlChannel channel = ControlChannel.to(control(anyMaster()))) {
            for (long owner : channel.config(-1).config().owners()) {
                due.merge(owner, 1, Integer::sum);
            }
        }
        Map<Long, Integer> served = new TreeMap<>();
        for (int node : running.keySet()) {
            try (ControlChannel channel = ControlChannel.to(control(node))) {
                for (ReplicaStatus replica : channel.status(false).getReplicasList()) {
                    if (replica.getIncomingCount() + replica.getOutgoingCount() > 0) {
                        return false;
                    }
                    if (replica.getRole().equals("LEADER") && replica.getShardsServed() > 0) {
                        served.put(replica.getGroupId(), replica.getShardsServed());
                    }
                }
            }
        }
        return served.equals(due);
    }

    private int anyMaster() {
        return Arrays.stream(masterNodes).filter(running::containsKey).findFirst().orElseThrow();
    }

    private Process runningProcess() {
        return running.values().iterator().next();
    }

    private String controls(int... nodes) {
        return String.join(",", Arrays.stream(nodes).mapToObj(this::control).toList());
    }

    /** Starts nodes on what their folders hold, and waits until each says that it is ready. */
    void start(int... nodes) throws IOException, InterruptedException {
        Map<String, Process> fresh = new TreeMap<>();
        for (int node : nodes) {
            String name = "node-%d-start-%d".formatted(node, ++starts);
            Process process = program.startNode(name, node, folder(node), port(node));
            running.put(node, process);
            fresh.put(name, process);
        }
        for (Map.Entry<String, Process> each : fresh.entrySet()) {
            program.await(each.getValue(), each.getKey(), "is ready");
        }
    }

    /** Kills all of them before it waits for any. */
    void kill(int... nodes) {
        List<Process> killed = Arrays.stream(nodes).mapToObj(running::remove).toList();
        killed.forEach(Process::destroyForcibly);
        killed.forEach(process -> process.onExit().join());
    }

    /** Has a node lead the group of keys. */
    void lead(int node) {
        type(0, node, "group", "transfer", "1", "--to", Integer.toString(node));
    }

    boolean isRunning(int node) {
        return Objects.requireNonNull(running.get(node)).isAlive();
    }

    /** Where a node listens to Redis clients. */
    HostAndPort redisAddress(int node) {
        return new HostAndPort("127.0.0.1", port(node));
    }

    /** Takes the folder of a node that was killed. */
    void wipe(int node) throws IOException {
        try (Stream<Path> files = Files.walk(folder(node))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /**
     * Puts a node that runs on an empty folder back in its own place.
     *
     * @param exitCode what the command must end with
     * @param asked a node that runs and is not the one
     */
    String replace(int exitCode, int node, int asked) {
        return type(exitCode, asked, "node", "replace", Integer.toString(node), control(node));
    }

    /**
     * A client that knows all nodes, closed with them. It gives up no sooner where none can be
     * reached: on a busy machine a node that has just started is slow to greet.
     */
    SomeKvClient client(long lifetimeMillis) {
        return client(
                lifetimeMillis,
                IntStream.rangeClosed(1, count).mapToObj(this::peerAddress).toList());
    }

    /** Where a node listens to other nodes and to Java clients. */
    InetSocketAddress peerAddress(int node) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port(node) + 1);
    }

    /** One that reaches the nodes through something else, which stands at these addresses. */
    SomeKvClient client(long lifetimeMillis, List<InetSocketAddress> addresses) {
        ClientSettings usual = ClientSettings.defaults();
        ClientSettings settings =
                new ClientSettings(
                        lifetimeMillis,
                        lifetimeMillis,
                        usual.attemptMillis(),
                        usual.backoffMinMillis(),
                        usual.backoffMaxMillis(),
                        usual.window(),
                        usual.queueMax());
        SomeKvClient client = SomeKvClient.connect(addresses, settings);
        clients.add(client);
        return client;
    }

    /** A client as patient as clients are unless told. */
    SomeKvClient client() {
        return client(ClientSettings.defaults().lifetimeMillis());
    }

    /** What the folder of a node takes from its disk: blocks, for files may have holes. */
    long diskUse(int node) throws IOException, InterruptedException {
        Process du = new ProcessBuilder("du", "-sk", folder(node).toString()).start();
        String answer = new String(du.getInputStream().readAllBytes(), UTF_8);
        du.waitFor();
        return Long.parseLong(answer.substring(0, answer.indexOf('\t'))) << 10;
    }

    /** Types a command of {@code somekv} that asks a node. */
    private String type(int exitCode, int asked, String... words) {
        StringWriter printed = new StringWriter();
        CommandLine line = Somekv.commandLine();
        line.setOut(new PrintWriter(printed, true)).setErr(new PrintWriter(printed, true));
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--node", control(asked)));
        assertEquals(exitCode, line.execute(all.toArray(String[]::new)), printed::toString);
        return printed.toString();
    }

    private Path folder(int node) {
        return folder.resolve("n" + node);
    }

    private int port(int node) {
        return firstPort + (node - 1) * PORTS_PER_NODE;
    }

    private String control(int node) {
        return "127.0.0.1:" + (port(node) + 2);
    }

    @Override
    public void close() {
        clients.forEach(SomeKvClient::close);
        program.close();
    }
}
