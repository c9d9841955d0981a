package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** One node as a process of its own: what it does with its folder, and when that is full. */
@Tag("slow")
final class NodeProcessTest {
    private static final int VALUE_SIZE = 256 << 10;

    /** Two segments of the log, and little more: the third does not fit. */
    private static final String SMALL = "size=150m";

    private static final String LARGE = "size=400m";

    /** The log, a reserve of 256 MiB, and something between. */
    private static final String MEDIUM = "size=600m";

    private static final String HUGE = "size=1200m";
    private static final int EXIT_DISK = 74;

    @TempDir private Path folder;
    private Program program;
    private int firstPort;

    @BeforeEach
    void makeProgram() throws Exception {
        program = new Program(folder);
        firstPort = program.choosePort();
    }

    @AfterEach
    void endProgram() {
        program.close();
    }

    private void startCluster() throws Exception {
        String control = "127.0.0.1:" + (firstPort + 2);
        program.run(0, "start", List.of("cluster", "start", "--node", control));
        program.run(0, "join", List.of("cluster", "join", "1", "--node", control, "--on", "1"));
    }

    @Test
    void aFolderIsOneProcessesAndFreeOnceThatIsKilled() throws Exception {
        Path data = folder.resolve("data");
        Process first = program.startNode("first", 1, data, firstPort);
        program.await(first, "first", "is ready");
        Process second = program.startNode("second", 1, data, firstPort + 3);
        assertTrue(second.waitFor(60, TimeUnit.SECONDS), "the second ends by itself");
        assertEquals(1, second.exitValue());
        String refusal = program.printed("second");
        assertTrue(refusal.contains("is in use by another process"), refusal);
        assertTrue(first.isAlive());
        first.destroyForcibly().onExit().join();
        Process third = program.startNode("third", 1, data, firstPort);
        program.await(third, "third", "is ready");
    }

    /**
     * Without a reserve a full disk stops the node with an error that says so. Once there is room,
     * it comes back, and there is neither a hole in its log nor a write missing that was
     * acknowledged.
     */
    @Test
    @Tag("kb-20")
    void aDiskThatIsFullAndThenFreedHasLostNothing() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        boolean mounted = run("mount", "-t", "tmpfs", "-o", SMALL, "somekv-test", disk.toString());
        assumeTrue(mounted, "a small file system can be mounted: only root can");
        try {
            Path data = disk.resolve("n1");
            Process full = program.startNode("full", 1, data, firstPort, "--disk-reserve", "0");
            program.await(full, "full", "is ready");
            startCluster();
            int acknowledged = writeUntilItStops(full);
            assertTrue(acknowledged > 0, "writes were acknowledged before the disk was full");
            assertTrue(full.waitFor(60, TimeUnit.SECONDS), "the node stops by itself");
            String why = program.printed("full");
            assertEquals(EXIT_DISK, full.exitValue(), why);
            assertTrue(why.contains("No space left on device"), why);

            assertTrue(run("mount", "-o", "remount," + LARGE, disk.toString()));
            Process freed = program.startNode("freed", 1, data, firstPort);
            program.await(freed, "freed", "is ready");
            expectAll(freed, acknowledged);
        } finally {
            program.close();
            assertTrue(run("umount", disk.toString()));
        }
    }

    /** With a reserve it refuses what grows, reads and deletes, and takes writes once it can. */
    @Test
    @Tag("kb-20")
    void aDiskThatFillsUpRefusesWritesAndTheNodeStays() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        boolean mounted = run("mount", "-t", "tmpfs", "-o", MEDIUM, "somekv-test", disk.toString());
        assumeTrue(mounted, "a small file system can be mounted: only root can");
        try {
            Path data = disk.resolve("n1");
            Process node = program.startNode("node", 1, data, firstPort);
            program.await(node, "node", "is ready");
            startCluster();
            int acknowledged = writeUntilRefused(node);
            expectAll(node, acknowledged);
            try (Jedis client = connect()) {
                for (int i = 0; i < 100; i++) {
                    assertEquals(1, client.del(key(--acknowledged)));
                }
            }
            node.destroyForcibly().onExit().join();
            Process again = program.startNode("again", 1, data, firstPort);
            program.await(again, "again", "is ready");
            expectAll(again, acknowledged);
            assertTrue(run("mount", "-o", "remount," + HUGE, disk.toString()));
            writeOnceThereIsRoom(again, acknowledged);
            expectAll(again, acknowledged + 1);
        } finally {
            program.close();
            assertTrue(run("umount", disk.toString()));
        }
    }

    private static byte[] key(int number) {
        return ("key" + number).getBytes(UTF_8);
    }

    private static byte[] value(int number) {
        byte[] value = new byte[VALUE_SIZE];
        byte[] text = ("value" + number).getBytes(UTF_8);
        System.arraycopy(text, 0, value, 0, text.length);
        return value;
    }

    private Jedis connect() {
        return new Jedis(
                new HostAndPort("127.0.0.1", firstPort),
                DefaultJedisClientConfig.builder()
                        .serverDefaultProtocol()
                        .socketTimeoutMillis(10_000)
                        .build());
    }

    private static boolean wantsRoom(JedisException e) {
        return String.valueOf(e.getMessage()).startsWith("MISCONF ");
    }

    /** How many keys, from 0, were acknowledged. */
    private int writeUntilItStops(Process node) throws InterruptedException {
        int next = 0;
        while (!node.waitFor(0, TimeUnit.MILLISECONDS)) {
            try (Jedis client = connect()) {
                while (true) {
                    assertEquals("OK", client.set(key(next), value(next)));
                    next++;
                }
            } catch (JedisException e) {
                // Not yet served, or no more: the process says which.
                node.waitFor(50, TimeUnit.MILLISECONDS);
            }
        }
        return next;
    }

    /** As {@link #writeUntilItStops}, up to the first refusal for want of room. */
    private int writeUntilRefused(Process node) throws InterruptedException {
        int next = 0;
        while (!node.waitFor(0, TimeUnit.MILLISECONDS)) {
            try (Jedis client = connect()) {
                while (true) {
                    assertEquals("OK", client.set(key(next), value(next)));
                    next++;
                }
            } catch (JedisException e) {
                if (wantsRoom(e)) {
                    return next;
                }
                node.waitFor(50, TimeUnit.MILLISECONDS);
            }
        }
        throw new AssertionError("the node has ended: " + program.printed("node"));
    }

    /** The node looks for room now and then, and has found some as well as it restarted, or not. */
    private void writeOnceThereIsRoom(Process node, int number) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (true) {
            try (Jedis client = connect()) {
                assertEquals("OK", client.set(key(number), value(number)));
                return;
            } catch (JedisException e) {
                boolean isPatient = wantsRoom(e) && System.nanoTime() < deadline;
                assertTrue(isPatient && !node.waitFor(50, TimeUnit.MILLISECONDS), e::toString);
            }
        }
    }

    private void expectAll(Process node, int count) throws InterruptedException {
        int next = 0;
        while (next < count) {
            try (Jedis client = connect()) {
                while (next < count) {
                    assertArrayEquals(value(next), client.get(key(next)), "key " + next);
                    next++;
                }
            } catch (JedisException e) {
                boolean ended = node.waitFor(50, TimeUnit.MILLISECONDS);
                assertTrue(!ended, "the node has ended");
            }
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
