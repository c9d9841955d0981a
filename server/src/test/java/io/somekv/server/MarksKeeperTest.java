package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.server.folder.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Marks on a disk that is full for a while. */
final class MarksKeeperTest {
    private static final long SECOND = 1_000_000_000L;

    private final List<String> complaints = new ArrayList<>();
    private final List<String> saved = new ArrayList<>();
    private long nanos;
    private final MarksKeeper keeper =
            new MarksKeeper(this::changes, this::save, () -> nanos, complaints::add);
    private boolean isFull = true;
    private String changed = "";

    private Optional<Settings> changes() {
        if (changed.isEmpty()) {
            return Optional.empty();
        }
        Settings settings = new Settings();
        settings.put("mark", changed);
        changed = "";
        return Optional.of(settings);
    }

    private void save(Settings marks) throws IOException {
        if (isFull) {
            throw new IOException("No space left on device");
        }
        saved.add(marks.need("mark"));
    }

    private void run(int seconds) {
        for (int i = 0; i < seconds; i++) {
            keeper.run();
            nanos += SECOND;
        }
    }

    @Test
    void itIsSaidOnceAMinuteWhileItLasts() {
        changed = "1";
        run(60);
        assertEquals(List.of("No space left on device"), complaints);
        run(60);
        assertEquals(2, complaints.size());
        isFull = false;
        run(60);
        assertEquals(2, complaints.size());
    }

    @Test
    void whatWasNotSavedIsSavedOnceThereIsRoom() {
        changed = "1";
        run(1);
        isFull = false;
        run(2);
        assertEquals(List.of("1"), saved);
        changed = "2";
        run(2);
        assertEquals(List.of("1", "2"), saved);
    }
}
