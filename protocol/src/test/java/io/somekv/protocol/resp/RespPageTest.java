package io.somekv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page for users of Redis clients, docs/RESP.md, lists the commands that there are. */
class RespPageTest {
    private static final Pattern ROW = Pattern.compile("\\| `([A-Z]+)` \\|.*");

    @Test
    void thePageListsEveryCommandOnceAndNoOther() throws IOException {
        List<String> listed =
                Files.readAllLines(Path.of("..", "docs", "RESP.md")).stream()
                        .map(ROW::matcher)
                        .filter(Matcher::matches)
                        .map(row -> row.group(1).toLowerCase(Locale.ROOT))
                        .sorted()
                        .toList();
        assertEquals(new RespCommands().names(), listed);
    }
}
