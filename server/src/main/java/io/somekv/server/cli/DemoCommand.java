package io.somekv.server.cli;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.ServerNode;
import io.somekv.server.ServerOptions;
import io.somekv.server.control.JoinOrder;
import io.somekv.server.folder.RefusedException;
import io.somekv.server.grpc.ControlChannel;
import io.somekv.server.lane.Emergency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code somekv demo}: a whole cluster in this process. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Run a whole cluster in one process: nodes, groups, and a port for Redis clients on each"
                    + " node.",
            "Stop it with Ctrl-C; started again, it goes on with the data it left."
        })
final class DemoCommand implements Callable<Integer> {
    private static final int NODES_MAX = 9;

    @Mixin private Console console = new Console();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "data/demo",
            description = "Where the data is kept (default: ${DEFAULT-VALUE}).")
    private Path data = Path.of("data", "demo");

    @Option(names = "--ephemeral", description = "Keep the data only while the demo runs.")
    private boolean ephemeral;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many nodes (default: ${DEFAULT-VALUE}).")
    private int nodes;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "2",
            description = "How many groups for data (default: ${DEFAULT-VALUE}).")
    private int groups;

    @Option(
            names = "--resp-port",
            paramLabel = "PORT",
            defaultValue = "6379",
            description = "Of the first node; the others count up from it (default: 6379).")
    private int respPort;

    @Option(
            names = "--peer-port",
            paramLabel = "PORT",
            defaultValue = "7400",
            description = "For nodes and Java clients, counted up too (default: 7400).")
    private int peerPort;

    @Option(
            names = "--grpc-port",
            paramLabel = "PORT",
            defaultValue = "7500",
            description = "For control, counted up too (default: 7500).")
    private int grpcPort;

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            check();
            Path folder = ephemeral ? Files.createTempDirectory("somekv-demo") : data;
            try (RunningNodes running = new RunningNodes()) {
                if (ephemeral) {
                    running.deleteWhenStopped(folder);
                }
                run(running, folder.toAbsolutePath().normalize());
            }
            return Console.EXIT_OK;
        });
    }

    private void check() {
        if (nodes < 1 || nodes > NODES_MAX || groups < 1) {
            throw new RefusedException(
                    "a demo has 1 to " + NODES_MAX + " nodes and at least one group");
        }
    }

    private void run(RunningNodes running, Path folder) throws Exception {
        boolean before = Files.exists(folder.resolve("node1"));
        if (before) {
            checkNodes(folder);
        }
        for (int id = 1; id <= nodes; id++) {
            ServerOptions.Ports ports =
                    new ServerOptions.Ports(
                            peerPort,
                            respPort,
                            grpcPort,
                            ServerOptions.Ports.clusterPort(respPort));
            running.add(
                    ServerNode.start(
                            ServerOptions.local(
                                    id, folder.resolve("node" + id), ports.plus(id - 1)),
                            Emergency.haltsProcess()));
        }
        List<NodeInfo> infos = running.all().stream().map(ServerNode::info).toList();
        ClusterMap map = form(infos);
        tell(infos, map, folder, before);
        running.await();
    }

    /** Data of three nodes cannot be served by two, nor be spread over four. */
    private void checkNodes(Path folder) throws IOException {
        long there;
        try (Stream<Path> files = Files.list(folder)) {
            there = files.filter(file -> file.getFileName().toString().startsWith("node")).count();
        }
        if (there != nodes) {
            throw new RefusedException(
                    "the data in "
                            + folder
                            + " is that of "
                            + there
                            + " nodes: say --nodes "
                            + there
                            + ", or name another folder with --data");
        }
    }

    /** The same calls that an administrator would make; all of them may be repeated. */
    private ClusterMap form(List<NodeInfo> infos) {
        NodeInfo first = infos.get(0);
        try (ControlChannel channel = ControlChannel.to(first.host() + ":" + first.grpcPort())) {
            channel.startCluster(infos.subList(1, infos.size()), 256);
            ClusterMap map = channel.config(-1);
            for (long groupId = 1; groupId <= groups; groupId++) {
                GroupSpec group = JoinOrder.newGroup(groupId, infos);
                if (!map.config().groups().contains(group)) {
                    channel.join(List.of(group), List.of());
                }
            }
            return channel.config(-1);
        }
    }

    private static String unlessUsual(int controlPort) {
        return controlPort == ServerOptions.Ports.DEFAULT.grpc()
                ? ""
                : " --node 127.0.0.1:" + controlPort;
    }

    private void tell(List<NodeInfo> infos, ClusterMap map, Path folder, boolean before) {
        NodeInfo first = infos.get(0);
        NodeInfo last = infos.get(infos.size() - 1);
        List<String> ports = new ArrayList<>();
        List<String> clusterPorts = new ArrayList<>();
        for (NodeInfo info : infos) {
            ports.add(Integer.toString(info.respPort()));
            clusterPorts.add(Integer.toString(info.clusterPort()));
        }
        console.out()
                .printf(
                        Locale.ROOT,
                        """
                        some-kvstore: %d nodes, %d groups, %s %s
                        Redis clients: 127.0.0.1, ports %s (any node serves any key)
                        Redis cluster clients: 127.0.0.1, ports %s

                        Try, in another terminal:
                          redis-cli -p %d set greeting hello
                          redis-cli -p %d get greeting
                          ./somekv cluster status%s
                          ./somekv append%s greeting ', world'
                          redis-benchmark -p %d -t set,get -n 20000 -q

                        Ctrl-C stops it.
                        """,
                        infos.size(),
                        map.config().groups().size(),
                        before ? "again on the data in" : "data in",
                        ephemeral ? "a folder that goes with the demo" : folder,
                        String.join(", ", ports),
                        String.join(", ", clusterPorts),
                        first.respPort(),
                        last.respPort(),
                        unlessUsual(first.grpcPort()),
                        unlessUsual(first.grpcPort()),
                        first.respPort());
        console.out().flush();
    }
}
