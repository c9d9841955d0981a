package io.somekv.storage.rocks;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a process that is killed leaves in the folder for temporary files. */
final class NativeCodeTest {
    /** As Linux tells it: a file that is mapped and has no name any more. */
    @Test
    void isNoFileAnyMoreOnceItIsLoaded() throws IOException {
        NativeCode.load();
        List<String> mapped =
                Files.readAllLines(Path.of("/proc/self/maps")).stream()
                        .filter(line -> line.contains("librocksdbjni"))
                        .toList();
        assertFalse(mapped.isEmpty());
        assertTrue(mapped.stream().allMatch(line -> line.endsWith("(deleted)")), mapped::toString);
    }
}
