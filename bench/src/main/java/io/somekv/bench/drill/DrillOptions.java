package io.somekv.bench.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every drill can be told. */
final class DrillOptions {
    @Option(
            names = "--project",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "The clone of some-kvstore whose servers are drilled (${DEFAULT-VALUE}).")
    private Path project = Path.of(".");

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "An empty folder for data and logs; a new temporary one unless given.")
    private @Nullable Path data;

    @Option(
            names = "--first-port",
            paramLabel = "PORT",
            description = "All ports are counted from here; free ones are chosen unless given.")
    private @Nullable Integer firstPort;

    @Option(
            names = "--program",
            paramLabel = "FILE",
            description = "Run instead of the clone's ./somekv.")
    private @Nullable Path program;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "16",
            description = "Connections that write at the same time (${DEFAULT-VALUE}).")
    private int clients = 16;

    @Option(
            names = "--disk",
            paramLabel = "KIND",
            defaultValue = "files",
            description = {
                "What the nodes write their log to (${DEFAULT-VALUE}):",
                "files: kill -9 leaves the page cache, so what was not synced survives it;",
                "unsynced: what was not synced is held in the process and dies with it;",
                "unsynced-without-sync: the same, and in the midst of a load syncs cease: the store",
                "comes back without its latest writes, and the drill must see it."
            })
    private String disk = "files";

    /** Whether the nodes' disks are to cease to sync before they are killed. */
    boolean ceasesToSync() {
        return disk.equals("unsynced-without-sync");
    }

    int clients() {
        return clients;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        environment.put("SOMEKV_SERVER_OPTIONS", "--disk " + disk);
        if (program != null) {
            environment.put("SOMEKV_PROGRAM", program.toAbsolutePath().toString());
        }
        return environment;
    }

    /** The folder for data and logs, there from now on. */
    Path makeFolder() throws IOException {
        Path folder =
                data == null
                        ? Files.createTempDirectory("somekv-drill-")
                        : Files.createDirectories(data);
        return folder.toAbsolutePath();
    }

    /** Three new nodes that serve, on loopback. */
    Nodes startNodes() throws IOException, InterruptedException {
        Path folder = makeFolder();
        Nodes nodes = nodesAt(Places.loopback(3), folder);
        serve(nodes, folder);
        return nodes;
    }

    /** Nodes that are not started yet, with free ports unless told. */
    Nodes nodesAt(Places places, Path folder) throws IOException, InterruptedException {
        return Nodes.of(
                project.toAbsolutePath(),
                folder,
                places,
                Optional.ofNullable(firstPort),
                environment());
    }

    /** Nodes that are not started yet, where each has all ports to itself. */
    Nodes nodesAt(Places places, Path folder, int port) throws IOException, InterruptedException {
        return Nodes.of(project.toAbsolutePath(), folder, places, Optional.of(port), environment());
    }

    /** Has new nodes form a cluster, and waits until they serve; closes them if they do not. */
    static void serve(Nodes nodes, Path folder) throws IOException, InterruptedException {
        try {
            for (int node = 1; node <= nodes.count(); node++) {
                nodes.start(node);
            }
            nodes.form();
            if (!nodes.allServe()) {
                throw new IOException("the nodes do not serve; the logs are in " + folder);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            nodes.close();
            throw e;
        }
        System.out.println(nodes.count() + " nodes serve; data and logs are in " + folder);
    }
}
