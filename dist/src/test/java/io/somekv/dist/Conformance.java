package io.somekv.dist;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the reference labs check, and which test here shows it: the rows of {@code
 * docs/conformance-rows.txt} against the tags {@code lab:…} of the tests.
 */
final class Conformance {
    static final String ROWS = "docs/conformance-rows.txt";

    private static final Pattern TAG_OR_METHOD =
            Pattern.compile("@Tag\\(\"lab:([^\"]+)\"\\)|\\bvoid (\\w+)\\(");

    /** What a row without a test says of itself. */
    private static final Pattern EXCUSE = Pattern.compile("(planned|n/a): .+");

    /** What a row with a test says of it, where that asks for less than the lab, and why. */
    private static final String LESS = "less: ";

    private final SequencedMap<String, String> excuses = new LinkedHashMap<>();
    private final TreeMap<String, String> less = new TreeMap<>();
    private final TreeMap<String, List<String>> tests = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();

    Conformance(String rows, List<House.Source> sources) {
        rows.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(this::addRow);
        sources.stream().filter(House.Source::isTest).forEach(this::addTests);
    }

    private void addRow(String line) {
        int space = line.indexOf(' ');
        String id = space < 0 ? line : line.substring(0, space);
        String said = space < 0 ? "" : line.substring(space + 1);
        if (said.startsWith(LESS)) {
            less.put(id, said.substring(LESS.length()));
        }
        String excuse = less.containsKey(id) ? "" : said;
        if (!excuse.isEmpty() && !EXCUSE.matcher(excuse).matches()) {
            faults.add(id + ": none of 'planned: …', 'n/a: …', 'less: …' but '" + excuse + "'");
        }
        if (excuses.put(id, excuse) != null) {
            faults.add(id + " comes twice");
        }
    }

    private void addTests(House.Source source) {
        String testClass = source.name().replace(".java", "");
        List<String> tagged = new ArrayList<>();
        Matcher matcher = TAG_OR_METHOD.matcher(source.text());
        while (matcher.find()) {
            String id = matcher.group(1);
            if (id != null) {
                tagged.add(id);
                if (!excuses.containsKey(id)) {
                    faults.add(source.path() + ": there is no row " + id);
                }
            } else {
                String test = testClass + "." + matcher.group(2);
                tagged.forEach(row -> tests.computeIfAbsent(row, _ -> new ArrayList<>()).add(test));
                tagged.clear();
            }
        }
    }

    /** Tags of no row, rows that are none, excuses beside a test. */
    List<String> faults() {
        List<String> all = new ArrayList<>(faults);
        excuses.forEach((id, excuse) -> {
            if (excuse.startsWith("n/a") && tests.containsKey(id)) {
                all.add(id + " has a test, and does not apply");
            }
        });
        return all;
    }

    /** Rows with neither a test nor a reason. */
    List<String> open() {
        List<String> open = new ArrayList<>();
        excuses.forEach((id, excuse) -> {
            if (excuse.isEmpty() && !tests.containsKey(id)) {
                open.add(id);
            }
        });
        return open;
    }

    String summary() {
        long tested = excuses.keySet().stream().filter(tests::containsKey).count();
        long absent = excuses.values().stream().filter(excuse -> excuse.startsWith("n/a")).count();
        long planned = excuses.size() - tested - absent - open().size();
        return "%d rows: %d tested, %d n/a, %d planned, %d open"
                .formatted(excuses.size(), tested, absent, planned, open().size());
    }

    String page() {
        StringBuilder page =
                new StringBuilder(
                        """
                        # Conformance

                        Generated from [conformance-rows.txt](conformance-rows.txt) and the tests' tags; `ConformanceTest` says how to
                        write it anew. What a row asks is told in the labs themselves: MIT 6.824 of 2015 and of 2020 to 2024, 6.5840 of 2025, DSLabs of
                        the University of Washington, and the end-to-end check that this store began with (somekv). Where a test asks for less, its row says so,
                        and why. Every test named here is run by `./check`, so a commit on which that passes has passed all of them.

                        """);
        page.append(summary()).append(".\n");
        String lab = "";
        for (Map.Entry<String, String> row : excuses.entrySet()) {
            int cut = row.getKey().lastIndexOf('.');
            if (!row.getKey().substring(0, cut).equals(lab)) {
                lab = row.getKey().substring(0, cut);
                page.append("\n## ").append(lab).append("\n\n| check | shown by |\n|---|---|\n");
            }
            page.append("| ").append(row.getKey().substring(cut + 1)).append(" | ");
            page.append(state(row.getKey(), row.getValue())).append(" |\n");
        }
        return page.toString();
    }

    private String state(String id, String excuse) {
        List<String> shown = tests.getOrDefault(id, List.of());
        if (shown.isEmpty()) {
            return excuse.isEmpty() ? "open" : excuse;
        }
        String names = "`" + String.join("`, `", shown) + "`";
        return less.containsKey(id) ? names + "; less than the lab: " + less.get(id) : names;
    }
}
