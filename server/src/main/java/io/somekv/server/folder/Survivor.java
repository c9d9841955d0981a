package io.somekv.server.folder;

import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.EntryId;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.wal.LogInspection;
import io.somekv.storage.wal.OpeningProgress;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder of a stopped node that may hold what is left of a group: held, so that no node starts
 * on it meanwhile, and read, with nothing changed.
 */
public final class Survivor implements Closeable {
    private final NodeFolder folder;
    private final LogInspection log;

    private Survivor(NodeFolder folder, LogInspection log) {
        this.folder = folder;
        this.log = log;
    }

    /**
     * @throws RefusedException when the folder is no node's, is in use, or its log is damaged: then
     *     nobody knows what its replicas held
     */
    static Survivor hold(Path path, OpeningProgress progress) throws IOException {
        NodeFolder folder = NodeFolder.hold(path);
        try {
            LogInspection log = LogInspection.of(FileDisk.open(folder.wal()), progress);
            if (log.damage().isPresent() || !log.storeUuid().equals(folder.storeId())) {
                throw new RefusedException(
                        "the log in "
                                + folder.wal()
                                + " is damaged or another node's: 'somekv verify "
                                + path
                                + "' says how. Nothing was changed");
            }
            return new Survivor(folder, log);
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    public NodeFolder folder() {
        return folder;
    }

    List<RecoveredGroup> replicas() {
        return log.groups();
    }

    /** What it holds of a group. */
    Optional<RecoveredGroup> replica(long groupId) {
        return log.groups().stream().filter(group -> group.groupId() == groupId).findFirst();
    }

    /** Id of the last entry that a replica's log holds. */
    static EntryId last(RecoveredGroup replica) {
        boolean isEmpty = replica.terms().isEmpty();
        long term = isEmpty ? replica.base().term() : replica.terms().getLast().term();
        return new EntryId(term, replica.lastIndex());
    }

    @Override
    public String toString() {
        return "node " + folder.nodeId() + " (" + folder.path() + ")";
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
