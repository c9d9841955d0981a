package io.somekv.server.folder;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.ConfigCodec;
import io.somekv.storage.disk.FileDisk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A node's data folder:
 *
 * <pre>
 * identity   format, store UUID, node id, and whether the log has been made
 * lock       held while a process uses the folder
 * cluster    which cluster the node is in, and the nodes it was told of when it joined
 * map        the newest cluster map it has seen
 * marks      how far the logs on other disks were durable when they were heard of last
 * set-back   that its disk was put back to an older state; as a rule, it is not there
 * recoveries what 'somekv node recover-quorum' did here, a line each; as a rule, it is not there
 * wal/       the shared log
 * rocks/     the rows
 * </pre>
 *
 * Each of the small files has a checksum ({@link SmallFile}), but for {@code lock} and {@code
 * set-back}: what counts of that is that it is there. The store UUID is what the rest of the
 * cluster knows this disk by (DESIGN §3): a replica speaks only from the disk it was created on.
 */
public final class NodeFolder implements Closeable {
    private static final String FORMAT = "1";

    /**
     * Of the file {@code map}: with 1, of builds that were not released, it had no cluster ports,
     * and not who serves what.
     */
    private static final int MAP_VERSION = 2;

    /** What the file {@code identity} says. */
    private record Identity(long nodeId, UUID storeId, boolean logMade) {
        String toText() {
            Settings settings = new Settings();
            settings.put("format", FORMAT);
            settings.put("store", storeId.toString());
            settings.put("node", Long.toString(nodeId));
            settings.put("log", logMade ? "made" : "none");
            return settings.toText();
        }
    }

    private final Path path;
    private final Identity identity;
    private final Closeable lock;

    /** Number of the config in the file {@code map}; guarded by this. */
    private long savedConfig = -1;

    private NodeFolder(Path path, Identity identity, Closeable lock) {
        this.path = path;
        this.identity = identity;
        this.lock = lock;
    }

    /**
     * Opens a node's folder, or makes one.
     *
     * @throws RefusedException when the folder is another node's, in use, or from a newer version
     */
    public static NodeFolder open(Path path, long nodeId) throws IOException {
        return open(path, nodeId, "stop that process, or name another folder with --data");
    }

    private static NodeFolder open(Path path, long nodeId, String whenInUse) throws IOException {
        FileDisk disk = FileDisk.open(path);
        Closeable lock;
        try {
            lock = disk.lock();
        } catch (IOException e) {
            throw new RefusedException(e.getMessage() + ": " + whenInUse, e);
        }
        try {
            Identity identity = identify(path, nodeId);
            return new NodeFolder(path, identity, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Takes a folder that is there, so that nobody opens it meanwhile, and changes nothing in it.
     *
     * @throws RefusedException when it is no node's folder, or in use
     */
    public static NodeFolder hold(Path path) throws IOException {
        if (!SmallFile.IDENTITY.isIn(path)) {
            throw new RefusedException(
                    path + " is no node's data folder: there is no file 'identity' in it");
        }
        long nodeId = settings(SmallFile.IDENTITY, path).needLong("node");
        return open(path, nodeId, "stop that process first");
    }

    private static Identity identify(Path path, long nodeId) throws IOException {
        if (SmallFile.IDENTITY.isIn(path)) {
            Identity identity = readIdentity(path, nodeId);
            checkLogIsThere(path, identity);
            return identity;
        }
        if (Files.exists(path.resolve("wal")) || Files.exists(path.resolve("rocks"))) {
            throw new RefusedException(
                    "the folder "
                            + path
                            + " holds data but no file 'identity', so nobody knows whose it is:"
                            + " put that file back, or start this node on an empty folder");
        }
        Identity identity = new Identity(nodeId, UUID.randomUUID(), false);
        SmallFile.IDENTITY.write(path, identity.toText());
        return identity;
    }

    private static Settings settings(SmallFile file, Path path) throws IOException {
        return Settings.parse(file.in(path).toString(), file.read(path).lines().toList());
    }

    private static Identity readIdentity(Path path, long nodeId) throws IOException {
        Settings settings = settings(SmallFile.IDENTITY, path);
        String format = settings.need("format");
        if (!format.equals(FORMAT)) {
            throw new RefusedException(
                    settings.origin()
                            + " has format "
                            + format
                            + ", this program reads format "
                            + FORMAT
                            + ": use the version of the program that wrote it, or a newer one");
        }
        long written = settings.needLong("node");
        if (written != nodeId) {
            throw new RefusedException(
                    "the folder "
                            + path
                            + " belongs to node "
                            + written
                            + ", not to node "
                            + nodeId
                            + ": name that node's own folder with --data, or its id with"
                            + " --node-id");
        }
        UUID storeId = UUID.fromString(settings.need("store"));
        return new Identity(written, storeId, settings.need("log").equals("made"));
    }

    /**
     * A log that was there and is gone took votes and acknowledged entries with it; the folder must
     * not speak under the same store UUID as if it had never had any.
     */
    private static void checkLogIsThere(Path path, Identity identity) throws IOException {
        Path wal = path.resolve("wal");
        boolean there = false;
        if (Files.isDirectory(wal)) {
            try (var files = Files.list(wal)) {
                there = files.findAny().isPresent();
            }
        }
        if (identity.logMade && !there) {
            throw new RefusedException(
                    "the log of node "
                            + identity.nodeId
                            + " is gone from "
                            + wal
                            + ", and with it what this node has promised to others: put it back."
                            + " If it is lost, start the node on an empty folder under the same id,"
                            + " then: somekv node replace "
                            + identity.nodeId
                            + " HOST:PORT");
        }
    }

    /** To be called once the log has been made: from now on it must be there. */
    public void logIsMade() throws IOException {
        if (!identity.logMade) {
            Identity made = new Identity(identity.nodeId, identity.storeId, true);
            SmallFile.IDENTITY.write(path, made.toText());
        }
    }

    public Path path() {
        return path;
    }

    public long nodeId() {
        return identity.nodeId;
    }

    public UUID storeId() {
        return identity.storeId;
    }

    public Path wal() {
        return path.resolve("wal");
    }

    public Path rocks() {
        return path.resolve("rocks");
    }

    /** The cluster this node is in, as it was told when it joined. */
    public Optional<KnownCluster> cluster() throws IOException {
        return SmallFile.CLUSTER.isIn(path)
                ? Optional.of(KnownCluster.parse(settings(SmallFile.CLUSTER, path)))
                : map().map(map -> new KnownCluster(map.clusterId(), map.nodes()));
    }

    public synchronized void save(KnownCluster cluster) throws IOException {
        SmallFile.CLUSTER.write(path, cluster.toSettings().toText());
    }

    /** The newest cluster map that was saved. It is a copy: one of no use counts as none. */
    public Optional<ClusterMap> map() throws IOException {
        if (!SmallFile.MAP.isIn(path)) {
            return Optional.empty();
        }
        byte[] contents = Files.readAllBytes(SmallFile.MAP.in(path));
        if (!SmallFile.hasSoundHead(contents)) {
            return Optional.empty();
        }
        try {
            return Optional.of(decode(Bytes.wrap(contents)));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /** Keeps {@code map} for the next start, unless a newer one is there. */
    public synchronized void save(ClusterMap map) throws IOException {
        if (map.config().number() >= savedConfig) {
            savedConfig = map.config().number();
            SafeFile.write(SmallFile.MAP.in(path), encode(map).toArray());
        }
    }

    /** Its small files that are not as they were written: of each, what is wrong and what to do. */
    public List<String> damagedFiles() throws IOException {
        return damagedOf(EnumSet.allOf(SmallFile.class));
    }

    private List<String> damagedOf(Set<SmallFile> files) throws IOException {
        List<String> damaged = new ArrayList<>();
        for (SmallFile file : files) {
            file.damage(path).ifPresent(damaged::add);
        }
        return damaged;
    }

    /**
     * No node starts on a file that has rotted, but on a map, which comes from the others again.
     *
     * @throws RefusedException when one of the other small files is not as it was written
     */
    public void checkFiles() throws IOException {
        List<String> damaged = damagedOf(EnumSet.complementOf(EnumSet.of(SmallFile.MAP)));
        if (!damaged.isEmpty()) {
            throw new RefusedException(String.join(System.lineSeparator(), damaged));
        }
    }

    /** Notes for good that this disk was put back to an older state: no node starts on it. */
    public void noteSetBack(String why) throws IOException {
        SafeFile.write(path.resolve("set-back"), (why + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What is written on such a disk later makes its log as long as it was, with other contents: so
     * it must stay known.
     *
     * @throws RefusedException where it was noted
     */
    public void checkNotSetBack() throws IOException {
        Path file = path.resolve("set-back");
        if (Files.exists(file)) {
            throw new RefusedException(
                    "the folder "
                            + path
                            + " must not be used: "
                            + new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip());
        }
    }

    /** Notes for good that a replica here was made its group's only voter. */
    void noteRecovery(String line) throws IOException {
        StringBuilder text = new StringBuilder();
        recoveries().forEach(known -> text.append(known).append('\n'));
        SmallFile.RECOVERIES.write(path, text.append(line).append('\n').toString());
    }

    /** Which replicas here were made their groups' only voters, and when: a line each. */
    public List<String> recoveries() throws IOException {
        return SmallFile.RECOVERIES.isIn(path)
                ? SmallFile.RECOVERIES.read(path).lines().toList()
                : List.of();
    }

    /** What was saved by {@link #saveMarks}. */
    public Settings marks() throws IOException {
        return SmallFile.MARKS.isIn(path) ? settings(SmallFile.MARKS, path) : Settings.none();
    }

    public void saveMarks(Settings marks) throws IOException {
        SmallFile.MARKS.write(path, marks.toText());
    }

    private static Bytes encode(ClusterMap map) {
        ByteWriter out = new ByteWriter(4096).i32(0).u8(MAP_VERSION);
        ConfigCodec.write(out, map);
        Bytes body = out.toBytes();
        out.patchI32(0, SmallFile.checksum(body.slice(4, body.size() - 4).toArray()));
        return out.toBytes();
    }

    private static ClusterMap decode(Bytes contents) {
        var in = contents.reader();
        in.i32();
        int version = in.u8();
        if (version != MAP_VERSION) {
            throw new MalformedException("a cluster map of a version not known here: " + version);
        }
        ClusterMap map = ConfigCodec.readMap(in);
        in.end();
        return map;
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
