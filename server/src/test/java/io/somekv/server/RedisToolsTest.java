package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.somekv.protocol.config.NodeInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tools that come with Redis, unmodified, against a cluster of three nodes. */
@Tag("slow")
final class RedisToolsTest {
    private static final String CLI = "redis-cli";
    private static final String BENCHMARK = "redis-benchmark";
    private static final int REQUESTS = 3_000;

    @TempDir static Path folder;
    private static TestCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = TestCluster.start(folder, 3, 2, 1);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
        assertEquals(List.of(), cluster.emergencies());
    }

    /** Missing tools are no fault of the store's; but there they must be where it is judged. */
    @BeforeEach
    void toolsAreThere() {
        for (String tool : List.of(CLI, BENCHMARK)) {
            String message = tool + " is not installed (on Debian: apt-get install redis-tools)";
            boolean there = find(tool).isPresent();
            if (!there && "true".equals(System.getenv("CI"))) {
                fail(message);
            }
            assumeTrue(there, message);
        }
    }

    private static Optional<Path> find(String tool) {
        for (String part : String.valueOf(System.getenv("PATH")).split(":", -1)) {
            Path candidate = Path.of(part, tool);
            if (Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** Runs a tool against a node and returns what it printed, errors included. */
    private static String run(int node, byte[] input, String tool, String... arguments)
            throws IOException, InterruptedException {
        NodeInfo info = cluster.info(node);
        List<String> command = new ArrayList<>();
        command.add(find(tool).orElseThrow().toString());
        command.addAll(List.of("-h", info.host(), "-p", Integer.toString(info.respPort())));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(folder, "tool", ".txt");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try (OutputStream to = process.getOutputStream()) {
            to.write(input);
        }
        int exitCode = process.waitFor();
        String printed = Files.readString(output);
        assertEquals(0, exitCode, printed);
        return printed;
    }

    private static String cli(int node, String... arguments) throws Exception {
        return run(node, new byte[0], CLI, arguments).strip();
    }

    @Test
    void redisCliWritesThroughOneNodeAndReadsThroughAnother() throws Exception {
        assertEquals("OK", cli(0, "set", "greeting", "hello"));
        assertEquals("12", cli(1, "append", "greeting", ", world"));
        assertEquals("hello, world", cli(2, "get", "greeting"));
        assertEquals("hello, world", cli(2, "-3", "get", "greeting"));
        assertEquals("OK", run(0, new byte[] {'x', 0, '\n'}, CLI, "-x", "set", "bytes").strip());
        assertEquals("3", cli(1, "strlen", "bytes"));
    }

    @Test
    void redisCliPipesAMassOfCommands() throws Exception {
        int count = 10_000;
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < count; i++) {
            String key = "piped" + i;
            commands.append("*3\r\n$3\r\nSET\r\n$").append(key.length()).append("\r\n");
            commands.append(key).append("\r\n$1\r\nv\r\n");
        }
        byte[] input = commands.toString().getBytes(StandardCharsets.US_ASCII);
        String printed = run(0, input, CLI, "--pipe");
        assertTrue(printed.contains("errors: 0, replies: " + count), printed);
        assertEquals("v", cli(2, "get", "piped" + (count - 1)));
    }

    @Test
    void redisBenchmarkRunsToItsEnd() throws Exception {
        benchmark("1");
        long counted = Long.parseLong(cli(1, "get", "counter:__rand_int__"));
        assertTrue(counted >= REQUESTS, "each INCR counts: " + counted);
    }

    @Test
    void redisBenchmarkRunsToItsEndPipelined() throws Exception {
        benchmark("16");
    }

    private static void benchmark(String pipeline) throws Exception {
        String printed =
                run(
                        1,
                        new byte[0],
                        BENCHMARK,
                        "-t",
                        "ping,set,get,incr,mset",
                        "-n",
                        Integer.toString(REQUESTS),
                        "-P",
                        pipeline,
                        "--csv");
        for (String name :
                List.of("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)")) {
            assertTrue(printed.contains('"' + name + "\",\""), printed);
        }
        assertTrue(!printed.contains("Error"), printed);
    }
}
