package io.somekv.server;

import io.somekv.server.folder.Settings;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps how far the logs of others have come: what a later start of theirs is held against. Where
 * the disk does not take it, it is tried again each time, and said once a minute. On one thread.
 */
final class MarksKeeper {
    private static final long SILENT_NANOS = 60_000_000_000L;

    /** Where they are kept. */
    interface Place {
        void save(Settings marks) throws IOException;
    }

    private final Supplier<Optional<Settings>> changes;
    private final Place place;
    private final LongSupplier nanos;
    private final Consumer<String> complaint;

    /** What the disk has not taken; null for nothing. */
    private @Nullable Settings unsaved;

    private long silentUntilNanos;

    /**
     * @param changes gives what is to be saved, once
     * @param nanos a clock that only goes forward
     * @param complaint hears why nothing was saved
     */
    MarksKeeper(
            Supplier<Optional<Settings>> changes,
            Place place,
            LongSupplier nanos,
            Consumer<String> complaint) {
        this.changes = changes;
        this.place = place;
        this.nanos = nanos;
        this.complaint = complaint;
        this.silentUntilNanos = nanos.getAsLong();
    }

    void run() {
        Optional<Settings> changed = changes.get();
        Settings marks = changed.isPresent() ? changed.get() : unsaved;
        unsaved = marks;
        if (marks == null) {
            return;
        }
        try {
            place.save(marks);
            unsaved = null;
        } catch (IOException e) {
            long now = nanos.getAsLong();
            if (now - silentUntilNanos >= 0) {
                silentUntilNanos = now + SILENT_NANOS;
                complaint.accept(String.valueOf(e.getMessage()));
            }
        }
    }
}
