package io.somekv.server.folder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Lines of {@code name = value}; empty lines and lines that begin with {@code #} say nothing. The
 * form of the server's configuration file and of the small files in a data folder.
 */
public final class Settings {
    private final TreeMap<String, String> values = new TreeMap<>();
    private String origin = "settings";

    /**
     * Reads a file.
     *
     * @throws RefusedException when a line is neither a setting nor a comment, or a name comes
     *     twice
     */
    public static Settings read(Path file) throws IOException {
        return parse(file.toString(), Files.readAllLines(file, StandardCharsets.UTF_8));
    }

    /** As {@link #read}, of lines that came from {@code origin}. */
    static Settings parse(String origin, List<String> lines) {
        Settings settings = new Settings();
        settings.origin = origin;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && line.charAt(0) != '#') {
                settings.putLine(line, i + 1);
            }
        }
        return settings;
    }

    /** No settings at all. */
    public static Settings none() {
        return new Settings();
    }

    private void putLine(String line, int number) {
        int equals = line.indexOf('=');
        if (equals < 1) {
            throw new RefusedException(
                    origin
                            + ", line "
                            + number
                            + ": expected 'name = value', found '"
                            + line
                            + "'");
        }
        String name = line.substring(0, equals).strip();
        if (values.put(name, line.substring(equals + 1).strip()) != null) {
            throw new RefusedException(origin + ", line " + number + ": " + name + " comes twice");
        }
    }

    /** Where the settings came from, for messages. */
    public String origin() {
        return origin;
    }

    public Set<String> names() {
        return values.keySet();
    }

    public void put(String name, String value) {
        values.put(name, value);
    }

    public Optional<String> get(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** A setting that must be there. */
    public String need(String name) {
        return get(name)
                .orElseThrow(() -> new RefusedException(origin + " has no setting '" + name + "'"));
    }

    public long needLong(String name) {
        String text = need(name);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new RefusedException(
                    origin + ": '" + name + "' is no number but '" + text + "'", e);
        }
    }

    String toText() {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(name).append(" = ").append(value).append('\n'));
        return text.toString();
    }
}
