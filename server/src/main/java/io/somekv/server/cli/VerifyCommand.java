package io.somekv.server.cli;

import io.somekv.server.folder.NodeFolder;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code somekv verify}: looks at what a stopped node has on disk. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Check the data folder of a stopped node: its small files, every frame and record of its log,"
                    + " the rows by their own checksums, how far the rows are against the log, and which shards they say"
                    + " are served and under which generation. Nothing is changed.",
            "Ends with 0 if nothing is wrong, with 1 if something is."
        })
final class VerifyCommand implements Callable<Integer> {
    @Mixin private Console console = new Console();

    @Parameters(index = "0", paramLabel = "DIR", description = "What --data of the node says.")
    private Path folder = Path.of("");

    @Option(names = "--json", description = "For programs.")
    private boolean json;

    @Override
    public Integer call() {
        console.logAt("WARN");
        return console.run(() -> {
            try (NodeFolder held = NodeFolder.hold(folder)) {
                FolderReport report = FolderReport.of(held, console.readingTheLog());
                console.out().print(json ? report.json() : report.text());
                return report.findings().isEmpty() ? Console.EXIT_OK : Console.EXIT_FAILED;
            }
        });
    }
}
