package io.somekv.bench.drill;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A real data set: the records of {@code apt-cache dumpavail}, package name to record, some 60,000
 * of them. Of a package with several versions the last one counts.
 */
final class Records {
    private static final String NAME = "Package: ";

    private Records() {}

    /**
     * @param file what {@code apt-cache dumpavail} printed earlier; empty to run it now
     */
    static Map<String, byte[]> load(Optional<Path> file) throws IOException {
        if (file.isPresent()) {
            try (BufferedReader reader = Files.newBufferedReader(file.get())) {
                return parse(reader);
            }
        }
        Process process =
                new ProcessBuilder("apt-cache", "dumpavail")
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            return parse(reader);
        }
    }

    /** Records are separated by empty lines; each keeps its text as it is. */
    static Map<String, byte[]> parse(BufferedReader reader) throws IOException {
        Map<String, byte[]> records = new LinkedHashMap<>();
        StringBuilder record = new StringBuilder();
        String name = "";
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.isEmpty()) {
                put(records, name, record);
                name = "";
                continue;
            }
            if (line.startsWith(NAME)) {
                name = line.substring(NAME.length());
            }
            record.append(line).append('\n');
        }
        put(records, name, record);
        return records;
    }

    private static void put(Map<String, byte[]> records, String name, StringBuilder record) {
        if (!name.isEmpty()) {
            records.put(name, record.toString().getBytes(StandardCharsets.UTF_8));
        }
        record.setLength(0);
    }
}
