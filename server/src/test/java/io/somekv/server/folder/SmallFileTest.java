package io.somekv.server.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.GroupSettings;
import io.somekv.protocol.config.GroupSpec;
import io.somekv.protocol.config.MoveSettings;
import io.somekv.protocol.config.NodeInfo;
import io.somekv.protocol.config.ShardConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small files of a folder that has all of them. */
final class SmallFileTest {
    @TempDir Path folder;

    private final UUID cluster = new UUID(1, 1);
    private final UUID other = new UUID(2, 2);

    @BeforeEach
    void write() throws IOException {
        try (NodeFolder made = NodeFolder.open(folder, 1)) {
            List<NodeInfo> nodes = List.of(new NodeInfo(1, made.storeId(), "one", 1, 2, 3, 4));
            GroupSpec group = new GroupSpec(0, List.of(new GroupSpec.Replica(1, 1)));
            ShardConfig config = new ShardConfig(0, List.of(), List.of(0L));
            made.save(new KnownCluster(cluster, nodes));
            made.save(
                    new ClusterMap(
                            cluster,
                            GroupSettings.defaults(1),
                            config,
                            group,
                            nodes,
                            List.of(),
                            List.of(),
                            MoveSettings.DEFAULT));
            Settings marks = new Settings();
            marks.put("store." + other, "4096");
            made.saveMarks(marks);
            made.noteRecovery("one");
            made.noteRecovery("two");
        }
    }

    @Test
    void whatWasWrittenIsRead() throws IOException {
        try (NodeFolder held = NodeFolder.hold(folder)) {
            held.checkFiles();
            assertEquals(1, held.nodeId());
            assertEquals(cluster, held.cluster().orElseThrow().clusterId());
            assertEquals(cluster, held.map().orElseThrow().clusterId());
            assertEquals(4096, held.marks().needLong("store." + other));
            assertEquals(List.of("one", "two"), held.recoveries());
        }
    }

    @Test
    void everyByteCounts() throws IOException {
        for (SmallFile file : SmallFile.values()) {
            byte[] sound = Files.readAllBytes(file.in(folder));
            for (int at = 0; at < sound.length; at++) {
                byte[] rotten = sound.clone();
                rotten[at] ^= (byte) (1 << at % 8);
                isRefused(file, rotten);
            }
            Files.write(file.in(folder), sound);
        }
    }

    @Test
    void whatIsCutShortOrWasNeverWrittenLikeThisIsRefused() throws IOException {
        for (SmallFile file : SmallFile.values()) {
            byte[] sound = Files.readAllBytes(file.in(folder));
            for (int size = 0; size < sound.length; size++) {
                isRefused(file, Arrays.copyOf(sound, size));
            }
            isRefused(file, Arrays.copyOf(sound, sound.length + 1));
            Files.write(file.in(folder), sound);
        }
    }

    private void isRefused(SmallFile file, byte[] contents) throws IOException {
        Files.write(file.in(folder), contents);
        String why =
                String.valueOf(
                        assertThrows(RefusedException.class, this::check, file::toString)
                                .getMessage());
        assertTrue(why.startsWith(file.in(folder) + " "), why);
    }

    private void check() throws IOException {
        try (NodeFolder held = NodeFolder.hold(folder)) {
            List<String> damaged = held.damagedFiles();
            if (!damaged.isEmpty()) {
                throw new RefusedException(damaged.getFirst());
            }
        }
    }

    /** The others send it again: a node starts without it. */
    @Test
    void aMapThatHasRottedCountsAsNone() throws IOException {
        Files.writeString(folder.resolve("map"), "rotten");
        try (NodeFolder held = NodeFolder.hold(folder)) {
            held.checkFiles();
            assertTrue(held.map().isEmpty());
        }
        Files.writeString(folder.resolve("marks"), "rotten");
        try (NodeFolder held = NodeFolder.hold(folder)) {
            assertThrows(RefusedException.class, held::checkFiles);
        }
    }

    /** What the remedy for a rotten one says: it is deleted, and the map says the same. */
    @Test
    void theMapStandsInForTheClusterFile() throws IOException {
        try (NodeFolder held = NodeFolder.hold(folder)) {
            KnownCluster written = held.cluster().orElseThrow();
            Files.delete(folder.resolve("cluster"));
            assertEquals(written, held.cluster().orElseThrow());
        }
    }

    @Test
    void allThatAreDamagedAreNamedAtOnce() throws IOException {
        Files.writeString(folder.resolve("marks"), "store.x = 1\n");
        Files.writeString(folder.resolve("map"), "");
        try (NodeFolder held = NodeFolder.hold(folder)) {
            assertEquals(2, held.damagedFiles().size(), held.damagedFiles().toString());
        }
    }
}
