package io.somekv.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs {@code src/test/resources/cases/*.txt}: one situation a file, a comment on top that says
 * what it shows. After a command stands {@code ----}, what it must bring about, and an empty line.
 * {@code -Dcases.rewrite=true} writes down what it does bring about: read the difference.
 */
final class CasesTest {
    private static final Path CASES = Path.of("src/test/resources/cases");

    @TestFactory
    List<DynamicTest> cases() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.sorted()
                    .map(file -> DynamicTest.dynamicTest(name(file), () -> check(file)))
                    .toList();
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static void check(Path file) throws IOException {
        String expected = Files.readString(file);
        String actual = rerun(expected);
        if (Boolean.getBoolean("cases.rewrite")) {
            Files.writeString(file, actual);
        } else {
            assertEquals(expected, actual, name(file));
        }
    }

    /** The case with the output that its commands have now. Comments stay; old output goes. */
    static String rerun(String text) {
        CaseRunner runner = new CaseRunner();
        StringBuilder out = new StringBuilder();
        boolean isOutput = false;
        for (String line : text.lines().toList()) {
            if (line.isBlank()) {
                isOutput = false;
            } else if (line.equals("----")) {
                isOutput = true;
            } else if (line.startsWith("#") && !isOutput) {
                out.append(line).append('\n');
            } else if (!isOutput) {
                out.append(line).append("\n----\n").append(runner.run(line)).append('\n');
            }
        }
        return out.toString();
    }
}
