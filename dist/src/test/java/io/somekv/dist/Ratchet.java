package io.somekv.dist;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares what was measured with what is allowed, where some are exempt. An exemption names the
 * size it was given for, and only shrinks: it fails when it is exceeded, and also when it is no
 * longer needed or larger than what it covers.
 */
final class Ratchet {
    /** A file has no more lines. */
    static final int FILE_LINES_MAX = 500;

    /** A method has no more lines, from its first to its closing brace. */
    static final int METHOD_LINES_MAX = 70;

    private Ratchet() {}

    /**
     * Every breach, as a sentence.
     *
     * @param measured sizes by name: files, and methods as file#method
     * @param exempt sizes by name, from {@code .build/ratchet.txt}
     */
    static List<String> breaches(Map<String, Integer> measured, Map<String, Integer> exempt) {
        List<String> found = new ArrayList<>();
        measured.forEach((name, lines) -> {
            Integer allowed = exempt.get(name);
            if (lines <= maxOf(name)) {
                return;
            }
            if (allowed == null) {
                found.add(name + " has " + lines + " lines, allowed are " + maxOf(name));
            } else if (lines > allowed) {
                found.add(name + " grew from " + allowed + " to " + lines + " lines");
            } else if (lines < allowed) {
                found.add(name + " shrank: write " + lines + " in .build/ratchet.txt");
            }
        });
        exempt.forEach((name, allowed) -> {
            if (measured.getOrDefault(name, 0) <= maxOf(name)) {
                found.add(name + " needs no exemption: remove it from .build/ratchet.txt");
            }
        });
        return found;
    }

    /** Reads lines of {@code NAME LINES}; {@code #} at the start makes a comment. */
    static Map<String, Integer> parse(String text) {
        Map<String, Integer> exempt = new TreeMap<>();
        text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("# "))
                .forEach(line -> {
                    int space = line.lastIndexOf(' ');
                    exempt.put(
                            line.substring(0, space).strip(),
                            Integer.valueOf(line.substring(space + 1)));
                });
        return exempt;
    }

    private static int maxOf(String name) {
        return name.contains("#") ? METHOD_LINES_MAX : FILE_LINES_MAX;
    }
}
