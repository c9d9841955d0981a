package io.somekv.server;

import io.somekv.kv.engine.Engine;
import io.somekv.node.StoreIds;
import io.somekv.node.log.RecoveredGroup;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.raft.Member;
import io.somekv.server.folder.KnownCluster;
import io.somekv.server.folder.NodeFolder;
import io.somekv.server.folder.RefusedException;
import io.somekv.storage.disk.Disk;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.disk.UnsyncedDisk;
import io.somekv.storage.rocks.RocksEngine;
import io.somekv.storage.wal.CorruptLogException;
import io.somekv.storage.wal.Wal;
import io.somekv.storage.wal.WalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A node's folder with all that is in it, opened in order and checked to belong together: the
 * identity, then the log, then the rows.
 */
record OpenedStore(
        NodeFolder folder,
        Wal wal,
        Engine engine,
        long firstStoreId,
        Optional<KnownCluster> cluster,
        Optional<ClusterMap> map)
        implements AutoCloseable {
    /** A file in the node's folder: from when it is there, that disk syncs no more. */
    private static final String CEASE_TO_SYNC = "cease-to-sync";

    /**
     * Opens the folder, or makes it.
     *
     * @throws RefusedException when a person has to put something right first
     */
    static OpenedStore open(ServerOptions options) throws IOException {
        NodeFolder folder = NodeFolder.open(options.folder(), options.nodeId());
        try {
            folder.checkNotSetBack();
            folder.checkFiles();
            Wal wal = openLog(options, folder);
            try {
                folder.logIsMade();
                check(folder, wal.recovered(), folder.map());
                Files.createDirectories(folder.rocks());
                Engine engine = RocksEngine.open(folder.rocks());
                long firstStoreId = StoreIds.settle(engine, wal.recovered());
                return new OpenedStore(
                        folder, wal, engine, firstStoreId, folder.cluster(), folder.map());
            } catch (IOException | RuntimeException e) {
                wal.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private static Wal openLog(ServerOptions options, NodeFolder folder) throws IOException {
        Disk files = FileDisk.open(folder.wal());
        Disk disk =
                switch (options.disk()) {
                    case FILES -> files;
                    case UNSYNCED -> new UnsyncedDisk(files);
                    case UNSYNCED_WITHOUT_SYNC ->
                            new UnsyncedDisk(
                                    files,
                                    name ->
                                            isWholeSegment(name)
                                                    && Files.exists(
                                                            options.folder()
                                                                    .resolve(CEASE_TO_SYNC)));
                };
        // A node that lost its disk comes back under its id: what it does now is later than all
        // that
        // it did, whatever its peers remember of its runs.
        WalConfig config =
                WalConfig.of(folder.storeId())
                        .withFirstIncarnation(System.currentTimeMillis() / 1000);
        Wal wal = openWal(disk, config, folder);
        if (!wal.storeUuid().equals(folder.storeId())) {
            wal.close();
            throw new RefusedException(
                    "the log in "
                            + folder.wal()
                            + " was written on another disk (store "
                            + wal.storeUuid()
                            + ") than the folder it is in (store "
                            + folder.storeId()
                            + "): put back the log that belongs here");
        }
        return wal;
    }

    /** A rotten log is not for the node to mend: what it held, the others have. */
    private static Wal openWal(Disk disk, WalConfig config, NodeFolder folder) throws IOException {
        try {
            return Wal.open(disk, config, new LogOpening(System::nanoTime));
        } catch (CorruptLogException e) {
            throw new RefusedException(
                    e.getMessage()
                            + ". The other groups of this node stay down with it. 'somekv verify "
                            + folder.path()
                            + "' shows more. The way out, where the groups have a majority on other"
                            + " nodes: start this node on an empty folder under the same id, then:"
                            + " somekv node replace "
                            + folder.nodeId()
                            + " HOST:PORT",
                    e);
        }
    }

    /** A segment in use: unlike one that is being made, which has an ending. */
    private static boolean isWholeSegment(String name) {
        return name.startsWith("segment-") && name.indexOf('.') < 0;
    }

    /**
     * A replica speaks only from the disk it was created on, and a node id belongs to one disk: a
     * folder that was put together from several, or copied, has promises missing.
     */
    private static void check(
            NodeFolder folder, List<RecoveredGroup> groups, Optional<ClusterMap> map) {
        for (RecoveredGroup group : groups) {
            Optional<Member> self = group.memberships().current().find(group.replicaId());
            self.filter(member -> member.nodeId() != folder.nodeId())
                    .ifPresent(member -> refuse(folder, "node " + member.nodeId()));
            self.filter(member -> !member.storeId().equals(folder.storeId()))
                    .ifPresent(member -> refuse(folder, "store " + member.storeId()));
        }
        map.stream()
                .flatMap(known -> known.nodes().stream())
                .filter(node -> node.nodeId() == folder.nodeId())
                .filter(node -> !node.storeId().equals(folder.storeId()))
                .findFirst()
                .ifPresent(node -> refuse(folder, "store " + node.storeId()));
    }

    private static void refuse(NodeFolder folder, String owner) {
        throw new RefusedException(
                "the folder "
                        + folder.path()
                        + " (node "
                        + folder.nodeId()
                        + ", store "
                        + folder.storeId()
                        + ") holds data of "
                        + owner
                        + ": start the node on the data folder that it joined its cluster with");
    }

    /** The file systems of all that is kept here. */
    DiskSpace space(OptionalLong reserve) throws IOException {
        return DiskSpace.of(List.of(folder.path(), folder.wal(), folder.rocks()), reserve);
    }

    UUID storeId() {
        return folder.storeId();
    }

    @Override
    public void close() throws IOException {
        try (folder;
                wal) {
            engine.flush();
            engine.close();
        }
    }
}
