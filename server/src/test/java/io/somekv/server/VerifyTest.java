package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** {@code somekv verify} as typed, on the folder of a node that has stopped. */
final class VerifyTest {
    @TempDir private Path folder;

    private Typed verify(String... options) {
        String[] words = new String[options.length + 2];
        words[0] = "verify";
        words[1] = data().toString();
        System.arraycopy(options, 0, words, 2, options.length);
        return Typed.of(words);
    }

    private void says(int code, String text, String... options) {
        Typed typed = verify(options);
        assertEquals(code, typed.code(), typed.toString());
        assertTrue(typed.toString().contains(text), typed.toString());
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
            says(1, "in use");
            says(1, "stop that process first");
        }
    }

    @Test
    void aSoundFolder() throws Exception {
        String before = sizes();
        says(0, "nothing is wrong");
        says(0, "\"group\":1,\"replica\":1", "--json");
        says(0, "\"findings\":[]", "--json");
        assertEquals(before, sizes(), "nothing is changed");
    }

    @Test
    @Tag("kb-19")
    void aFlippedBitOfTheLogIsSaidWithFileAndOffset() throws Exception {
        flip(segment(), 4096 + 60);
        says(1, "segment-0000000001 is corrupt at byte 4096");
        says(1, "must not vote");
    }

    @Test
    @Tag("kb-18")
    void anUnfinishedWriteIsNoDamage() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(segment().toFile(), "rw")) {
            file.seek(file.length() - 10_000);
            file.write(new byte[] {1, 2, 3});
        }
        says(0, "an unfinished write of");
    }

    @Test
    void aMissingFileAndAForeignOne() throws Exception {
        Files.move(segment(), folder.resolve("away"));
        says(1, "the file is missing");
        Files.writeString(segment(), "something else");
        says(1, "it ends within its header");
        Files.delete(data().resolve("identity"));
        says(1, "no node's data folder");
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
