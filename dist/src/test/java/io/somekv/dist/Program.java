package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The program {@code somekv} as processes, from the classes under test: {@code ./somekv} would
 * build them first, in the midst of a build. Ends what it started.
 */
final class Program implements AutoCloseable {
    private static final long ANSWER_SECONDS = 120;
    private static final int HEAP_MEBIBYTES = 512;

    private final Path folder;
    private final Path script;
    private final List<Process> started = new ArrayList<>();

    /**
     * @param folder for the script that stands for {@code ./somekv}, and for what it prints
     */
    Program(Path folder) throws IOException {
        this(folder, HEAP_MEBIBYTES);
    }

    /** Out of memory ends a process, as it does with {@code ./somekv}. */
    Program(Path folder, int heapMebibytes) throws IOException {
        this.folder = folder;
        this.script = folder.resolve("somekv");
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Files.writeString(
                script,
                """
                #!/bin/sh
                exec '%s' --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \\
                    -Xmx%dm -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC \\
                    -XX:TieredStopAtLevel=1 -cp '%s' %s "$@"
                """
                        .formatted(
                                java,
                                heapMebibytes,
                                System.getProperty("java.class.path"),
                                Somekv.class.getName()));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    Path script() {
        return script;
    }

    /** The first of a run of ports that are free. */
    int choosePort() throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(House.root().resolve("bench/nodes.sh").toString(), "choose-port")
                        .start();
        String answer = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        assertEquals(0, process.waitFor());
        return Integer.parseInt(answer);
    }

    /** Starts a command; what it prints goes to a file of that name. */
    Process start(String name, List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(script.toString()));
        line.addAll(arguments);
        Process process =
                new ProcessBuilder(line)
                        .redirectErrorStream(true)
                        .redirectOutput(output(name).toFile())
                        .start();
        started.add(process);
        return process;
    }

    /**
     * Starts a node.
     *
     * @param ports the first of three: for Redis clients, for nodes and Java clients, for control
     */
    Process startNode(String name, int nodeId, Path data, int ports, String... more)
            throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.addAll(
                List.of(
                        "server",
                        "--node-id",
                        Integer.toString(nodeId),
                        "--data",
                        data.toString(),
                        "--resp-port",
                        Integer.toString(ports),
                        "--peer-port",
                        Integer.toString(ports + 1),
                        "--grpc-port",
                        Integer.toString(ports + 2),
                        "--cluster-port",
                        "0"));
        arguments.addAll(List.of(more));
        return start(name, arguments);
    }

    /** Runs a command to its end, and returns what it printed. */
    String run(int exitCode, String name, List<String> arguments)
            throws IOException, InterruptedException {
        Process process = start(name, arguments);
        assertTrue(process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS), () -> printed(name));
        assertEquals(exitCode, process.exitValue(), () -> printed(name));
        return printed(name);
    }

    /** Waits until a command that goes on has printed something. */
    void await(Process process, String name, String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS);
        while (!printed(name).contains(text)) {
            boolean ended = process.waitFor(50, TimeUnit.MILLISECONDS);
            assertTrue(
                    (!ended || printed(name).contains(text)) && System.nanoTime() < deadline,
                    () -> printed(name));
        }
    }

    String printed(String name) {
        try {
            return Files.readString(output(name));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private Path output(String name) {
        return folder.resolve(name + ".out");
    }

    @Override
    public void close() {
        for (Process process : started) {
            process.destroyForcibly().onExit().join();
        }
    }
}
