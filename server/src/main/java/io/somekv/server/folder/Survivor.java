package io.somekv.server.folder;

import io.somekv.node.log.RecoveredGroup;
import io.somekv.raft.EntryId;
import io.somekv.storage.disk.FileDisk;
import io.somekv.storage.rocks.RowsInspection;
import io.somekv.storage.wal.LogInspection;
import io.somekv.storage.wal.OpeningProgress;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a stopped node that may hold what is left of a group: held, so that no node starts
 * on it meanwhile, and read, with nothing changed.
 */
public final class Survivor implements Closeable {
    private final NodeFolder folder;
    private final LogInspection log;
    private @Nullable RowsInspection rows;

    private Survivor(NodeFolder folder, LogInspection log) {
        this.folder = folder;
        this.log = log;
    }

    /**
     * @throws RefusedException when the folder is no node's, is in use, or is damaged: then nobody
     *     knows what its replicas held
     */
    static Survivor hold(Path path, OpeningProgress progress) throws IOException {
        NodeFolder folder = NodeFolder.hold(path);
        try {
            folder.checkFiles();
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

    /**
     * Why a replica here could not go on, whoever voted for it; empty where it can: rows and log do
     * not fit together, or the rows are damaged.
     */
    Optional<String> unfit(RecoveredGroup replica) throws IOException {
        if (rows == null) {
            rows = RowsInspection.of(folder.rocks());
        }
        long applied = rows.appliedByStore().getOrDefault(replica.storeId(), 0L);
        if (rows.damage().isPresent()) {
            return Optional.of("its rows are damaged: " + rows.damage().get());
        }
        boolean fits = applied >= replica.base().index() && applied <= replica.lastIndex();
        return fits
                ? Optional.empty()
                : Optional.of(
                        "its rows are at index "
                                + applied
                                + ", and its log is from "
                                + replica.base().index()
                                + " to "
                                + replica.lastIndex()
                                + ": one of the two was put back to an older state");
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
