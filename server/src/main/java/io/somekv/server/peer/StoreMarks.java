package io.somekv.server.peer;

import io.somekv.server.folder.RefusedException;
import io.somekv.server.folder.Settings;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far the logs of other nodes were durable when they were last heard of (DESIGN §3, KB-43). A
 * disk that was put back to an older state has forgotten votes and entries that others count on; it
 * shows by a log that ends before what the node has announced. Kept across a restart, so that it
 * shows also where everybody was started anew meanwhile. Thread-safe.
 */
public final class StoreMarks {
    private static final String PREFIX = "node.";

    /**
     * What one node announced.
     *
     * @param storeId of its disk: another disk begins anew
     * @param position in its log, in its own reckoning
     */
    record Mark(UUID storeId, long position) {}

    private final Map<Long, Mark> marks = new ConcurrentHashMap<>();
    private volatile boolean isChanged;

    /** As they were saved. */
    public static StoreMarks of(Settings settings) {
        StoreMarks known = new StoreMarks();
        for (String name : settings.names()) {
            if (name.startsWith(PREFIX)) {
                known.read(settings, name);
            }
        }
        return known;
    }

    private void read(Settings settings, String name) {
        String[] fields = settings.need(name).split(" ", -1);
        try {
            marks.put(
                    Long.parseLong(name.substring(PREFIX.length())),
                    new Mark(UUID.fromString(fields[0]), Long.parseLong(fields[1])));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new RefusedException(
                    settings.origin()
                            + ": '"
                            + name
                            + "' is no mark of a node's log. Delete the file: it is made anew",
                    e);
        }
    }

    /** What is to be saved; empty where nothing is new since this was asked. */
    public Optional<Settings> changes() {
        if (!isChanged) {
            return Optional.empty();
        }
        isChanged = false;
        Settings settings = new Settings();
        marks.forEach((node, mark) ->
                settings.put(PREFIX + node, mark.storeId() + " " + mark.position()));
        return Optional.of(settings);
    }

    Optional<Mark> of(long nodeId) {
        return Optional.ofNullable(marks.get(nodeId));
    }

    /** Whether a node's log ends before what it has announced on the same disk. */
    boolean isBehind(long nodeId, UUID storeId, long position) {
        Mark known = marks.get(nodeId);
        return known != null && known.storeId.equals(storeId) && position < known.position;
    }

    /** A node says how far its log is durable. */
    void announced(long nodeId, UUID storeId, long position) {
        Mark mark = new Mark(storeId, position);
        isChanged |= !mark.equals(marks.put(nodeId, mark));
    }
}
