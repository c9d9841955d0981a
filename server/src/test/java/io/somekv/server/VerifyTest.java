package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.kv.RowKind;
import io.somekv.kv.engine.EngineKey;
import io.somekv.kv.engine.WriteBatch;
import io.somekv.node.log.GroupRecord;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.EntryId;
import io.somekv.server.folder.NodeFolder;
import io.somekv.server.folder.Settings;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.rocks.RocksEngine;
import io.somekv.storage.wal.LogInspection;
import io.somekv.storage.wal.OpeningProgress;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** {@code somekv verify} as typed, on the folder of a node that has stopped. */
final class VerifyTest {
    @TempDir private Path folder;

    /** That holds the rows of group 1. */
    private long store;

    private long masterStore;

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
        LogInspection log =
                LogInspection.of(FileDisk.open(data().resolve("wal")), OpeningProgress.UNHEARD);
        masterStore = log.groups().getFirst().storeId();
        store = group1(log.groups()).storeId();
    }

    @Test
    void aSoundFolder() throws Exception {
        String before = sizes();
        says(0, "nothing is wrong");
        says(0, "\"group\":1,\"replica\":1", "--json");
        says(0, "\"shards\":16}", "--json");
        says(0, "\"findings\":[]", "--json");
        assertEquals(before, sizes(), "nothing is changed");
    }

    @Test
    @Tag("kb-19")
    void aFlippedBitOfTheLogIsSaidWithFileAndOffset() throws Exception {
        flip(segment(), 4096 + 60);
        says(1, "segment-0000000001 is corrupt at byte 4096");
        says(1, "must not vote");
        Typed served = serve();
        assertEquals(1, served.code(), served.toString());
        String said = served.error();
        assertTrue(said.contains("segment-0000000001 is corrupt at byte 4096"), said);
        assertTrue(said.contains("The other groups of this node stay down with it"), said);
        assertTrue(said.contains("'somekv verify " + data() + "' shows more"), said);
        assertTrue(said.contains("somekv node replace 1 HOST:PORT"), said);
    }

    /** What 'verify' says of a file, a starting node says as well. */
    @Test
    void aFlippedBitOfASmallFileIsSaidWithTheFileAndWhatToDo() throws Exception {
        try (NodeFolder held = NodeFolder.hold(data())) {
            Settings marks = new Settings();
            marks.put("store." + UUID.randomUUID(), "4096");
            held.saveMarks(marks);
        }
        says(0, "nothing is wrong");
        Map<String, String> remedies = new TreeMap<>();
        remedies.put("cluster", "where a file 'map' is beside it, delete this one");
        remedies.put(
                "map",
                "nothing is to be done: the node gets the cluster map from the others again");
        remedies.put("marks", "delete it: the node makes it anew");
        remedies.put("identity", "then: somekv node replace ID HOST:PORT");
        for (String file : remedies.keySet()) {
            flip(data().resolve(file), 20);
            // A node starts without a map.
            boolean isRefused = !file.equals("map");
            for (Typed typed : isRefused ? List.of(verify(), serve()) : List.of(verify())) {
                assertEquals(1, typed.code(), typed.toString());
                String said = typed.toString();
                assertTrue(said.contains(data().resolve(file) + " is not as it was"), said);
                assertTrue(said.contains(remedies.get(file)), said);
            }
            flip(data().resolve(file), 20);
        }
        says(0, "nothing is wrong");
    }

    private Typed serve() {
        return Typed.of("server", "--node-id", "1", "--data", data().toString());
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

    @Test
    void aLogThatIsGoneIsSaidWithTheWayOut() throws Exception {
        Files.move(data().resolve("wal"), folder.resolve("away"));
        Typed served = serve();
        assertEquals(1, served.code(), served.toString());
        assertTrue(served.error().contains("the log of node 1 is gone"), served.error());
        assertTrue(served.error().contains("somekv node replace 1 HOST:PORT"), served.error());
    }

    @Test
    void aStateOfAShardThatCannotBeRead() throws Exception {
        Bytes state = shardState(5);
        write(store, applied(), batch -> batch.put(state, Bytes.utf8("?")));
        says(1, "group 1: the state of shard 5 cannot be read");
    }

    @Test
    void aStateOfAShardThatIsGone() throws Exception {
        Bytes state = shardState(5);
        write(store, applied(), batch -> batch.delete(state));
        says(1, "group 1: shard 5 has rows of generation");
        says(1, "its state is not there");
    }

    @Test
    void rowsThatNothingRefersTo() throws Exception {
        Bytes row = EngineKey.first(store, 5, 0, RowKind.KEY);
        write(store, applied(), batch -> batch.put(row, Bytes.EMPTY));
        says(0, "group 1: 1 rows of shard 5 are of generation 0, which is not in use");
    }

    /** By the same config that cannot be; by different ones the replica of one is behind. */
    @Test
    void aShardThatTwoGroupsServe() throws Exception {
        Bytes state = row(shardState(5));
        Bytes copied = EngineKey.inStore(masterStore, EngineKey.withoutStore(shardState(5)));
        write(masterStore, 1, batch -> batch.put(copied, state));
        says(1, "FOUND: shard 5 is served by group 0 since config ");
        Bytes later =
                new ByteWriter(state.size())
                        .raw(state.slice(0, 1))
                        .i64(99)
                        .raw(state.slice(9, state.size() - 9))
                        .toBytes();
        write(masterStore, 1, batch -> batch.put(copied, later));
        says(0, "shard 5 is served by group 0 since config 99 and by group 1 since config ");
        says(0, "the replica with the older one is behind");
    }

    @Test
    void aLogThatWasSetBack() throws Exception {
        write(store, 1_000_000, batch -> {});
        says(1, "group 1 has applied 1000000, and its log ends at ");
        says(1, "the log was set back");
    }

    @Test
    void rowsThatWereSetBack() throws Exception {
        dropTheLogOfGroup1();
        says(0, "nothing is wrong");
        write(store, 3, batch -> {});
        says(1, "group 1 has applied 3, and its log begins behind ");
        says(1, "rows were set back");
    }

    @Test
    void aFlippedBitOfTheRows() throws Exception {
        try (var files = Files.newDirectoryStream(data().resolve("rocks"), "*.sst")) {
            for (Path file : files) {
                flip(file, 20);
            }
        }
        says(1, "the rows are damaged: ");
    }

    /** Of group 1. */
    private Bytes shardState(int shard) {
        return EngineKey.of(
                store, EngineKey.GROUP, 0, RowKind.SHARD, new ByteWriter(2).u16(shard).toBytes());
    }

    private Bytes row(Bytes key) {
        try (RocksEngine engine = RocksEngine.open(data().resolve("rocks"))) {
            return engine.get(key).orElseThrow();
        }
    }

    private long applied() {
        try (RocksEngine engine = RocksEngine.open(data().resolve("rocks"))) {
            return engine.applied(store);
        }
    }

    private void write(long storeId, long applied, Consumer<WriteBatch> rows) {
        try (RocksEngine engine = RocksEngine.open(data().resolve("rocks"))) {
            WriteBatch batch = new WriteBatch(storeId, applied);
            rows.accept(batch);
            engine.apply(batch);
            engine.flush();
        }
    }

    /** As the log says. */
    private static RecoveredGroup group1(List<RecoveredGroup> groups) {
        return groups.stream().filter(g -> g.groupId() == 1).findFirst().orElseThrow();
    }

    private Wal open() throws IOException {
        return Wal.open(FileDisk.open(data().resolve("wal")), WalConfig.of(UUID.randomUUID()));
    }

    /** All of it: the rows have it. */
    private void dropTheLogOfGroup1() throws IOException {
        try (Wal wal = open()) {
            RecoveredGroup group = group1(wal.recovered());
            wal.write(
                    List.of(
                            new GroupRecord(
                                    1,
                                    group.replicaId(),
                                    group.storeId(),
                                    group.hardState(),
                                    group.memberships(),
                                    new EntryId(group.terms().getLast().term(), group.lastIndex()),
                                    group.lastLogTime(),
                                    0,
                                    List.of())));
            wal.sync();
        }
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
