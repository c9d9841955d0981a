package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RecordsTest {
    @Test
    void recordsAreCutAtEmptyLinesAndKeepTheirText() throws IOException {
        String text =
                """
                Package: zsh
                Description: a shell
                 of some age

                Package: äpfel
                Size: 1

                Package: zsh
                Version: 2
                """;
        Map<String, byte[]> records = Records.parse(new BufferedReader(new StringReader(text)));
        assertEquals(List.of("zsh", "äpfel"), List.copyOf(records.keySet()));
        assertArrayEquals(bytes("Package: zsh\nVersion: 2\n"), records.get("zsh"));
        assertArrayEquals(bytes("Package: äpfel\nSize: 1\n"), records.get("äpfel"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
