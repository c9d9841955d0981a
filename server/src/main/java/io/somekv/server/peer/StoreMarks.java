package io.somekv.server.peer;

import io.somekv.protocol.frame.Frame;
import io.somekv.server.folder.RefusedException;
import io.somekv.server.folder.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * How far the logs of other nodes' disks were durable when they were last heard of (DESIGN §3,
 * KB-43). A disk that was put back to an older state has forgotten votes and entries that others
 * count on; it shows by a log that ends before what was announced. Nodes pass on what they know, so
 * that whoever is met first tells what any of them has heard; and it is kept across a restart, so
 * that it shows also where everybody was started anew meanwhile. Thread-safe.
 */
public final class StoreMarks {
    private static final String PREFIX = "store.";

    /** By disk: another disk of the same node begins anew. */
    private final TreeMap<UUID, Long> positions = new TreeMap<>();

    /** Which run of a node's process announced something last, by its disk. */
    private final TreeMap<UUID, Long> runs = new TreeMap<>();

    private boolean isChanged;

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
        try {
            positions.put(
                    UUID.fromString(name.substring(PREFIX.length())), settings.needLong(name));
        } catch (IllegalArgumentException e) {
            throw new RefusedException(
                    settings.origin()
                            + ": '"
                            + name
                            + "' is no mark of a disk. Delete the file: it is made anew",
                    e);
        }
    }

    /** What is to be saved; empty where nothing is new since this was asked. */
    public synchronized Optional<Settings> changes() {
        if (!isChanged) {
            return Optional.empty();
        }
        isChanged = false;
        Settings settings = new Settings();
        positions.forEach(
                (store, position) -> settings.put(PREFIX + store, Long.toString(position)));
        return Optional.of(settings);
    }

    /** All of them, to be passed on. */
    synchronized List<Frame.LogMark.Of> all() {
        List<Frame.LogMark.Of> all = new ArrayList<>(positions.size());
        positions.forEach((store, position) -> all.add(new Frame.LogMark.Of(store, position)));
        return all;
    }

    /**
     * A run of a node's process says how far its log is durable.
     *
     * @param life of that run: what one and the same run says may come in another order
     * @return false where an earlier run had come farther, and then nothing is noted
     */
    synchronized boolean announced(UUID storeId, long life, long position) {
        Long run = runs.get(storeId);
        boolean isSameRun = run != null && run == life;
        if (!isSameRun && position < positions.getOrDefault(storeId, 0L)) {
            return false;
        }
        runs.put(storeId, life);
        raise(storeId, position);
        return true;
    }

    /** Another node passes on what it has heard. */
    synchronized void passedOn(List<Frame.LogMark.Of> marks) {
        marks.forEach(mark -> raise(mark.storeId(), mark.position()));
    }

    private void raise(UUID storeId, long position) {
        if (position > positions.getOrDefault(storeId, 0L)) {
            positions.put(storeId, position);
            isChanged = true;
        }
    }
}
