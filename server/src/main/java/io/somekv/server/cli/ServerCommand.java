package io.somekv.server.cli;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.ServerNode;
import io.somekv.server.ServerOptions;
import io.somekv.server.folder.RefusedException;
import io.somekv.server.folder.Settings;
import io.somekv.server.lane.Emergency;
import java.io.IOException;
import java.nio.file.Path;
import java.security.Security;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code somekv server}: one node in this process. */
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Run one node.",
            "",
            "A flag wins over the same setting in the configuration file, whose lines are"
                    + " 'name = value' with the names of the flags (node-id = 1)."
        })
final class ServerCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();

    @Option(names = "--config", paramLabel = "FILE", description = "Read settings from a file.")
    private @Nullable Path config;

    @Option(names = "--node-id", paramLabel = "N", description = "Unique in the cluster, from 1.")
    private @Nullable String nodeId;

    @Option(names = "--data", paramLabel = "DIR", description = "The node's data folder.")
    private @Nullable String data;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = "Address to listen on (default: 127.0.0.1).")
    private @Nullable String host;

    @Option(
            names = "--advertise",
            paramLabel = "ADDRESS",
            description = "Under which others reach this node (default: that of --host).")
    private @Nullable String advertise;

    @Option(
            names = "--peer-port",
            paramLabel = "PORT",
            description = "For nodes and Java clients (default: 7400).")
    private @Nullable String peerPort;

    @Option(
            names = "--resp-port",
            paramLabel = "PORT",
            description = "For Redis clients that know one node, whichever (default: 6379).")
    private @Nullable String respPort;

    @Option(
            names = "--cluster-port",
            paramLabel = "PORT",
            description =
                    "For Redis clients that know of the cluster (default: that of --resp-port and"
                            + " 100).")
    private @Nullable String clusterPort;

    @Option(
            names = "--grpc-port",
            paramLabel = "PORT",
            description = "For control, and gRPC clients (default: 7500).")
    private @Nullable String grpcPort;

    @Option(
            names = "--lanes",
            paramLabel = "N",
            description = "Threads that share the groups (default: half the processors).")
    private @Nullable String lanes;

    @Option(
            names = "--clients-max",
            paramLabel = "N",
            description = "Most Redis clients at a time (default: 10000).")
    private @Nullable String clientsMax;

    @Option(
            names = "--lease-reads",
            description =
                    "Leaders answer reads without asking a quorum each time. Safe only while all"
                            + " clocks run within --clock-drift-permille, on every node.")
    private boolean leaseReads;

    @Option(
            names = "--clock-drift-permille",
            paramLabel = "N",
            description =
                    "With --lease-reads: by how many thousandths a clock's rate may be off"
                            + " (default: 10).")
    private @Nullable String clockDrift;

    @Option(
            names = "--disk-reserve",
            paramLabel = "SIZE",
            description =
                    "Refuse what makes the data grow while less of the disk is free: bytes, or with"
                            + " k, m, g (default: a tenth of the disk, from 256m to 1g).")
    private @Nullable String diskReserve;

    @Option(
            names = "--insecure",
            description = "Listen where others can reach it, without encryption or passwords.")
    private boolean insecure;

    @Option(
            names = "--zone",
            paramLabel = "NAME",
            description =
                    "A rack, room or data center: nodes of one zone may be lost together, and the"
                            + " replicas of a group are spread over zones.")
    private @Nullable String zone;

    @Option(names = "--disk", hidden = true, description = "files, unsynced, unsynced-without-sync")
    private @Nullable String disk;

    @Override
    public Integer call() {
        console.logAt("INFO");
        // A node's name may come to mean another address: that is to be seen soon.
        Security.setProperty("networkaddress.cache.ttl", "5");
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
        return console.run(() -> {
            ServerOptions options = options();
            try (RunningNodes running = new RunningNodes()) {
                ServerNode node = ServerNode.start(options, Emergency.haltsProcess());
                running.add(node);
                announce(node.info(), options);
                running.await();
            }
            return Console.EXIT_OK;
        });
    }

    private void announce(NodeInfo node, ServerOptions options) {
        console.out()
                .printf(
                        Locale.ROOT,
                        "node %d is ready: redis %s:%d (cluster clients %d), nodes and Java clients %d, control %d,"
                                + " data in %s%n",
                        node.nodeId(),
                        node.host(),
                        node.respPort(),
                        node.clusterPort(),
                        node.peerPort(),
                        node.grpcPort(),
                        options.folder());
        console.out().flush();
    }

    private ServerOptions options() throws IOException {
        Settings file = config == null ? Settings.none() : Settings.read(config);
        Set<String> unknown = new TreeSet<>(file.names());
        unknown.removeAll(NAMES);
        if (!unknown.isEmpty()) {
            throw new RefusedException(
                    file.origin() + ": no such setting: " + String.join(", ", unknown));
        }
        String listens = either(host, file, "host", ServerOptions.LOOPBACK);
        ServerOptions.Ports ports = ServerOptions.Ports.DEFAULT;
        int resp = port(respPort, file, "resp-port", ports.resp());
        int besides = ServerOptions.Ports.clusterPort(resp);
        return new ServerOptions(
                number(need(nodeId, file, "node-id"), "node-id"),
                Path.of(need(data, file, "data")),
                listens,
                either(advertise, file, "advertise", listens),
                new ServerOptions.Ports(
                        port(peerPort, file, "peer-port", ports.peer()),
                        resp,
                        port(grpcPort, file, "grpc-port", ports.grpc()),
                        port(clusterPort, file, "cluster-port", besides)),
                number(lanes, file, "lanes", ServerOptions.lanesDefault()),
                number(clientsMax, file, "clients-max", ServerOptions.CLIENTS_MAX_DEFAULT),
                leaseDrift(file),
                diskReserve(file),
                isOn(insecure, file, "insecure"),
                diskKind(),
                either(zone, file, "zone", ""));
    }

    private static final Set<String> NAMES =
            Set.of(
                    "node-id",
                    "data",
                    "host",
                    "advertise",
                    "peer-port",
                    "resp-port",
                    "cluster-port",
                    "grpc-port",
                    "lanes",
                    "clients-max",
                    "lease-reads",
                    "clock-drift-permille",
                    "disk-reserve",
                    "insecure",
                    "zone");

    private OptionalInt leaseDrift(Settings file) {
        int otherwise = ServerOptions.CLOCK_DRIFT_PERMILLE_DEFAULT;
        int drift = number(clockDrift, file, "clock-drift-permille", otherwise);
        return isOn(leaseReads, file, "lease-reads") ? OptionalInt.of(drift) : OptionalInt.empty();
    }

    private OptionalLong diskReserve(Settings file) {
        String text = either(diskReserve, file, "disk-reserve", "");
        return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(ByteSize.parse(text));
    }

    private static boolean isOn(boolean flag, Settings file, String name) {
        return flag || either(null, file, name, "false").equals("true");
    }

    private ServerOptions.DiskKind diskKind() {
        String kind = disk == null ? "files" : disk;
        for (ServerOptions.DiskKind each : ServerOptions.DiskKind.values()) {
            if (each.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(kind)) {
                return each;
            }
        }
        throw new RefusedException("--disk: there is no kind '" + kind + "'");
    }

    private static String need(@Nullable String flag, Settings file, String name) {
        String value = either(flag, file, name, "");
        if (value.isEmpty()) {
            throw new RefusedException(
                    "--" + name + " is missing (or '" + name + " = …' in a --config file)");
        }
        return value;
    }

    private static String either(
            @Nullable String flag, Settings file, String name, String otherwise) {
        return flag != null ? flag : file.get(name).orElse(otherwise);
    }

    private static int port(@Nullable String flag, Settings file, String name, int otherwise) {
        int port = number(flag, file, name, otherwise);
        if (port < 0 || port > 65_535) {
            throw new RefusedException("--" + name + ": there is no port " + port);
        }
        return port;
    }

    private static int number(@Nullable String flag, Settings file, String name, int otherwise) {
        return number(either(flag, file, name, Integer.toString(otherwise)), name);
    }

    private static int number(String text, String name) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new RefusedException("--" + name + ": '" + text + "' is no number", e);
        }
    }
}
