package io.somekv.bench.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            defaultValue = "17000",
            description = "All ports are counted from here (${DEFAULT-VALUE}).")
    private int firstPort = 17_000;

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
                "unsynced-without-sync: the same with the sync taken out: writes must get lost."
            })
    private String disk = "files";

    int clients() {
        return clients;
    }

    /** Three new nodes that serve. */
    ThreeNodes startNodes() throws IOException, InterruptedException {
        Path folder =
                data == null
                        ? Files.createTempDirectory("somekv-drill-")
                        : Files.createDirectories(data);
        ThreeNodes nodes =
                new ThreeNodes(
                        project.toAbsolutePath(),
                        folder.toAbsolutePath(),
                        firstPort,
                        "--disk " + disk);
        try {
            for (int node = 1; node <= ThreeNodes.COUNT; node++) {
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
        System.out.println("three nodes serve; data and logs are in " + folder);
        return nodes;
    }
}
