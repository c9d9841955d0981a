package io.somekv.server.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsTest {
    @TempDir Path folder;

    private Settings read(String text) throws IOException {
        return Settings.read(Files.writeString(folder.resolve("file"), text));
    }

    private String refusal(String text) {
        return String.valueOf(assertThrows(RefusedException.class, () -> read(text)).getMessage());
    }

    @Test
    void linesAreSettingsOrComments() throws IOException {
        Settings settings = read("# a comment\n\n node-id = 7 \nempty =\npath=/a = b\n");
        assertEquals(Set.of("node-id", "empty", "path"), settings.names());
        assertEquals(7, settings.needLong("node-id"));
        assertEquals(Optional.of(""), settings.get("empty"));
        assertEquals("/a = b", settings.need("path"));
    }

    @Test
    void aLineThatIsNeitherIsNamed() {
        String message = refusal("a = 1\nnonsense\n");
        assertTrue(message.contains("line 2"), message);
    }

    @Test
    void aSettingComesOnce() {
        String message = refusal("a = 1\na = 2\n");
        assertTrue(message.contains("a comes twice"), message);
    }

    @Test
    void textThatWasWrittenReadsBack() throws IOException {
        Settings written = new Settings();
        written.put("b", "2");
        written.put("a", "1");
        assertEquals("a = 1\nb = 2\n", written.toText());
        assertEquals("2", read(written.toText()).need("b"));
    }
}
