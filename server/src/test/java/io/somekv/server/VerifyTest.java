package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.server.cli.ServerCommands;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import redis.clients.jedis.Jedis;

/** {@code somekv verify} as typed, on the folder of a node that has stopped. */
final class VerifyTest {
    @TempDir private Path folder;

    private StringWriter out = new StringWriter();
    private StringWriter error = new StringWriter();

    private int verify(String... arguments) {
        out = new StringWriter();
        error = new StringWriter();
        CommandLine line = new CommandLine(CommandSpec.create().name("somekv"));
        ServerCommands.all().forEach(line::addSubcommand);
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(error, true));
        String[] words = new String[arguments.length + 2];
        words[0] = "verify";
        words[1] = data().toString();
        System.arraycopy(arguments, 0, words, 2, arguments.length);
        return line.execute(words);
    }

    private Path data() {
        return folder.resolve("node1");
    }

    @BeforeEach
    void aNodeHasServedAndStopped() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 1, 1, 1);
                Jedis jedis = new Jedis("127.0.0.1", cluster.info(0).respPort())) {
            for (int i = 0; i < 100; i++) {
                jedis.set("key" + i, "value" + i);
            }
            assertEquals(1, verify(), "it runs");
            assertTrue(error.toString().contains("in use"));
        }
    }

    @Test
    void aSoundFolder() throws Exception {
        String before = sizes();
        assertEquals(0, verify(), out.toString());
        assertTrue(out.toString().contains("nothing is wrong"));
        assertEquals(0, verify("--json"));
        assertTrue(out.toString().contains("\"group\":1,\"replica\":1"), out.toString());
        assertTrue(out.toString().contains("\"findings\":[]"));
        assertEquals(before, sizes(), "nothing is changed");
    }

    @Test
    @Tag("kb-19")
    void aFlippedBitOfTheLogIsSaidWithFileAndOffset() throws Exception {
        flip(segment(), 4096 + 60);
        assertEquals(1, verify());
        assertTrue(out.toString().contains("segment-0000000001 is corrupt at byte 4096"));
        assertTrue(out.toString().contains("must not vote"), out.toString());
    }

    @Test
    @Tag("kb-18")
    void anUnfinishedWriteIsNoDamage() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(segment().toFile(), "rw")) {
            file.seek(file.length() - 10_000);
            file.write(new byte[] {1, 2, 3});
        }
        assertEquals(0, verify(), out.toString());
        assertTrue(out.toString().contains("an unfinished write of"), out.toString());
    }

    @Test
    void aMissingFileAndAForeignOne() throws Exception {
        Files.move(segment(), folder.resolve("away"));
        assertEquals(1, verify());
        assertTrue(out.toString().contains("the file is missing"), out.toString());
        Files.writeString(segment(), "something else");
        assertEquals(1, verify());
        assertTrue(out.toString().contains("it ends within its header"), out.toString());
        Files.delete(data().resolve("identity"));
        assertEquals(1, verify());
        assertTrue(error.toString().contains("no node's data folder"), error.toString());
    }

    private Path segment() {
        return data().resolve("wal").resolve("segment-0000000001");
    }

    private static void flip(Path path, long at) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(at);
            int was = file.read();
            file.seek(at);
            file.write(was ^ 4);
        }
    }

    private String sizes() throws IOException {
        StringBuilder text = new StringBuilder();
        try (var files = Files.walk(data())) {
            for (Path file : files.sorted(Comparator.naturalOrder()).toList()) {
                text.append(file).append(' ').append(Files.size(file)).append('\n');
            }
        }
        assertFalse(text.isEmpty());
        return text.toString();
    }
}
