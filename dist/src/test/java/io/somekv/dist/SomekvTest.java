package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The command line as a whole: every command explains itself. */
final class SomekvTest {
    @Test
    void withoutACommandItPrintsTheHelp() {
        assertTrue(run(0).startsWith("Usage: somekv"));
        assertTrue(run(0, "--version").startsWith("somekv "));
    }

    @Test
    void anUnknownCommandIsRefused() {
        String complaint = run(CommandLine.ExitCode.USAGE, "frobnicate");
        assertTrue(complaint.contains("there is no command 'frobnicate'"), complaint);
        assertTrue(complaint.contains("demo"), complaint);
    }

    @Test
    void aWrongOptionIsNamedTogetherWithTheRightOne() {
        String complaint = run(CommandLine.ExitCode.USAGE, "get", "key", "--nodes", "x:1");
        assertTrue(complaint.contains("'--nodes'"), complaint);
        assertTrue(complaint.contains("--node"), complaint);
        assertTrue(complaint.contains("somekv get --help"), complaint);
    }

    @Test
    void everyCommandHasAHelpAndADescription() {
        check(Somekv.commandLine());
    }

    private static void check(CommandLine line) {
        String name = line.getCommandSpec().qualifiedName();
        assertTrue(line.getCommandSpec().optionsMap().containsKey("--help"), name + " --help");
        String[] description = line.getCommandSpec().usageMessage().description();
        assertFalse(description.length == 0, name + " has no description");
        line.getSubcommands().values().forEach(SomekvTest::check);
    }

    private static String run(int exitCode, String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine line =
                Somekv.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
        assertEquals(exitCode, line.execute(arguments), () -> out.toString());
        return out.toString();
    }
}
