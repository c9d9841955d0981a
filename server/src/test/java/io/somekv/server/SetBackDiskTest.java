package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.folder.RefusedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is started on an older state of its own disk, on real nodes. */
final class SetBackDiskTest {
    /** Where the log begins: its first segment (docs/FORMATS.md). */
    private static final long FIRST_SEGMENT = 1L << 32;

    /** Also where a leader is to be elected first. */
    private static final String SECONDS = "60";

    @TempDir private Path folder;

    /**
     * Nobody that runs remembers it: all were started anew. However often the old copy is started
     * then, it is of no use.
     */
    @Test
    @Tag("kb-43")
    void itIsFoundOutByWhatTheOthersHaveKeptOfIt() throws Exception {
        try (TestCluster cluster = TestCluster.start(folder, 3, 1, 1)) {
            cluster.restart();
            put(cluster, "first");
            NodeInfo third = cluster.info(2);
            cluster.stop(2);
            Path old = cluster.copy(3, "old");
            cluster.startAgain(third);
            put(cluster, "later");
            othersHaveKept(cluster, third);
            cluster.stop(2);
            cluster.restart();
            Files.move(folder.resolve("node3"), folder.resolve("newest"));
            Files.move(old, folder.resolve("node3"));

            cluster.startAgain(third);
            while (cluster.emergencies().isEmpty()) {
                Thread.onSpinWait();
            }
            cluster.stop(2);
            // Each of the others may say so before it has stopped; a process would have ended.
            List<String> found = cluster.emergencies();
            for (String why : found) {
                assertTrue(why.contains("the disk was put back to an older state"), why);
            }
            for (int run = 0; run < 3; run++) {
                assertThrows(RefusedException.class, () -> cluster.startAgain(third));
            }

            Files.move(folder.resolve("node3"), folder.resolve("old"));
            Files.move(folder.resolve("newest"), folder.resolve("node3"));
            cluster.startAgain(third);
            Typed got = Typed.at(third, "get", "later", "--timeout", SECONDS);
            assertEquals(0, got.code(), "it is there: " + got.error());
            assertEquals(found, cluster.emergencies());
        }
    }

    private static void put(TestCluster cluster, String key) {
        Typed typed =
                Typed.at(cluster.info(0), "put", key, "x".repeat(20_000), "--timeout", SECONDS);
        assertEquals(0, typed.code(), typed.error());
    }

    /** They keep it once a second; all that was written before the copy is far less than this. */
    private void othersHaveKept(TestCluster cluster, NodeInfo node) throws Exception {
        for (long other : List.of(1L, 2L)) {
            while (kept(other, node) < FIRST_SEGMENT + (2 << 20)) {
                put(cluster, "more");
            }
        }
    }

    private long kept(long by, NodeInfo node) throws Exception {
        Path marks = folder.resolve("node" + by).resolve("marks");
        if (!Files.exists(marks)) {
            return 0;
        }
        return Files.readAllLines(marks).stream()
                .filter(line -> line.contains(node.storeId().toString()))
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(0);
    }
}
