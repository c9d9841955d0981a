package io.somekv.server;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.v1.ReplicaStatus;
import io.somekv.server.control.ControlException;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.grpc.ControlChannel;
import io.somekv.server.lane.Emergency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/** Real nodes in this process, on real sockets and a real disk, on ports that the system chose. */
final class TestCluster implements AutoCloseable {
    private OptionalLong diskReserve = OptionalLong.empty();
    private final Path folder;
    private final int lanes;
    private final List<ServerNode> nodes = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> emergencies = new ConcurrentLinkedQueue<>();

    /** Makes a cluster with the shard master and {@code groups} groups on all nodes. */
    static TestCluster start(Path folder, int nodes, int groups, int lanes) throws Exception {
        TestCluster cluster = new TestCluster(folder, lanes);
        for (int id = 1; id <= nodes; id++) {
            cluster.startNode(id, ServerOptions.Ports.ANY);
        }
        List<NodeInfo> infos = cluster.infos();
        try (ControlChannel channel = cluster.control(0)) {
            channel.startCluster(infos.subList(1, nodes), 16);
            for (int group = 1; group <= groups; group++) {
                channel.join(List.of(JoinOrder.newGroup(group, infos)), List.of());
            }
        }
        return cluster;
    }

    /** A node that was stopped, on the folder and the ports that it had. */
    void startAgain(NodeInfo node) throws IOException, InterruptedException {
        startNode(
                node.nodeId(),
                new ServerOptions.Ports(
                        node.peerPort(), node.respPort(), node.grpcPort(), node.clusterPort()));
    }

    /** One more node, in no cluster yet; returns its control port's address. */
    String startOneMore(long id) throws IOException, InterruptedException {
        startNode(id, ServerOptions.Ports.ANY);
        return "127.0.0.1:" + nodes.getLast().info().grpcPort();
    }

    /** A node whose folder is gone, on a new one; returns its control port's address. */
    String startBlank(long id) throws IOException, InterruptedException {
        Files.move(folder.resolve("node" + id), folder.resolve("lost" + id));
        return startOneMore(id);
    }

    /** The same on the ports that it had. */
    void startBlank(NodeInfo node) throws IOException, InterruptedException {
        Files.move(folder.resolve("node" + node.nodeId()), folder.resolve("lost" + node.nodeId()));
        startAgain(node);
    }

    /** Of nodes that are started from now on. */
    void diskReserve(long bytes) {
        diskReserve = OptionalLong.of(bytes);
    }

    private TestCluster(Path folder, int lanes) {
        this.folder = folder;
        this.lanes = lanes;
    }

    private void startNode(long id, ServerOptions.Ports ports)
            throws IOException, InterruptedException {
        ServerOptions options =
                new ServerOptions(
                        id,
                        folder.resolve("node" + id),
                        ServerOptions.LOOPBACK,
                        ServerOptions.LOOPBACK,
                        ports,
                        lanes,
                        100,
                        OptionalInt.empty(),
                        diskReserve,
                        false,
                        ServerOptions.DiskKind.FILES,
                        "");
        Emergency emergency = (code, why, cause) -> emergencies.add(why + ": " + cause);
        nodes.add(ServerNode.start(options, emergency));
    }

    /** Stops every node, then starts each again on its data. */
    void restart() throws Exception {
        List<NodeInfo> before = infos();
        stopNodes();
        for (NodeInfo node : before) {
            startAgain(node);
        }
    }

    /** Stops one node, then starts it again on its data, on other ports. */
    void restartElsewhere(int node) throws Exception {
        NodeInfo before = info(node);
        stop(node);
        startNode(before.nodeId(), ServerOptions.Ports.ANY);
    }

    /** Starts a copy of a running node's folder, as that node, on other ports. */
    ServerNode startCopy(int node) throws IOException, InterruptedException {
        long nodeId = info(node).nodeId();
        return ServerNode.start(
                ServerOptions.local(nodeId, copy(nodeId, "copy"), ServerOptions.Ports.ANY),
                (code, why, cause) -> emergencies.add(why + ": " + cause));
    }

    /** A copy of a node's folder as it is now. */
    Path copy(long nodeId, String name) throws IOException {
        Path original = folder.resolve("node" + nodeId);
        Path copy = folder.resolve(name);
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(original.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.endsWith("lock") && !file.endsWith("LOCK")) {
                    Files.copy(file, target);
                }
            }
        }
        return copy;
    }

    void stop(int node) throws IOException {
        nodes.remove(node).close();
    }

    List<NodeInfo> infos() {
        return nodes.stream().map(ServerNode::info).toList();
    }

    NodeInfo info(int node) {
        return nodes.get(node).info();
    }

    /** Has the node of that id lead a group, and returns when its own replica says so. */
    void lead(long group, long nodeId) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (leader(group) != nodeId) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("node " + nodeId + " does not lead group " + group);
            }
            for (int node = 0; node < nodes.size(); node++) {
                if (info(node).nodeId() == leader(group)) {
                    try (ControlChannel channel = control(node)) {
                        channel.transferLeadership(group, nodeId);
                    } catch (ControlException e) {
                        // Somebody else leads by now, or nobody: it is asked again.
                    }
                }
            }
        }
    }

    /** The node that takes itself for the leader of a group; 0 for none. */
    private long leader(long group) {
        for (int node = 0; node < nodes.size(); node++) {
            for (ReplicaStatus replica : led(node)) {
                if (replica.getGroupId() == group) {
                    return info(node).nodeId();
                }
            }
        }
        return 0;
    }

    private List<ReplicaStatus> led(int node) {
        try (ControlChannel channel = control(node)) {
            return channel.status(false).getReplicasList().stream()
                    .filter(replica -> replica.getRole().equals("LEADER"))
                    .toList();
        }
    }

    /**
     * Returns when a group serves so many shards: it begins with none, and what is written to them
     * before stays where it was.
     */
    void awaitServed(long group, int shards) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        int served = 0;
        while (served != shards) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(served + " shards are served by group " + group);
            }
            for (int node = 0; node < nodes.size(); node++) {
                for (ReplicaStatus replica : led(node)) {
                    served = replica.getGroupId() == group ? replica.getShardsServed() : served;
                }
            }
        }
    }

    ControlChannel control(int node) {
        return ControlChannel.to(info(node).host() + ":" + info(node).grpcPort());
    }

    /** Why nodes stopped of themselves; empty if all is well. */
    List<String> emergencies() {
        return List.copyOf(emergencies);
    }

    private void stopNodes() throws IOException {
        for (ServerNode node : nodes) {
            node.close();
        }
        nodes.clear();
    }

    @Override
    public void close() throws IOException {
        stopNodes();
    }
}
