package io.somekv.dist;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drills, small: real processes are killed, and a store that loses writes is found out. */
@Tag("slow")
final class DrillsTest {
    private static final int RECORDS = 2_000;

    @TempDir private Path folder;
    private Program program;

    @BeforeEach
    void makeProgram() throws Exception {
        program = new Program(folder);
    }

    @AfterEach
    void endProgram() {
        program.close();
    }

    private String drill(int exitCode, String name, String... options) throws Exception {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "drill",
                                name,
                                "--project",
                                House.root().toString(),
                                "--program",
                                program.script().toString(),
                                "--data",
                                folder.resolve("data").toString()));
        arguments.addAll(List.of(options));
        return program.run(exitCode, name, arguments);
    }

    @Test
    void aDeadNodeIsReplacedWithoutAnOperator() throws Exception {
        String printed =
                drill(0, "replacement", "--rounds", "1", "--megabytes", "1", "--dead-after", "3");
        assertTrue(printed.contains("every group has three replicas again"), printed);
    }

    @Test
    @Tag("lab:MIT-2015.diskv.Test5OneRestart")
    void recordsLoadedWhileTheLeaderIsKilledReadBackIdentical() throws Exception {
        Path records = folder.resolve("records");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < RECORDS; i++) {
            text.append("Package: p%d\nDescription: the %dth\n\n".formatted(i, i));
        }
        Files.writeString(records, text);
        String printed = drill(0, "load", "--records", records.toString(), "--kills", "1");
        assertTrue(printed.contains("0 of " + RECORDS + " keys wrong"), printed);
    }

    @Test
    @Tag("lab:somekv.require.KillInWriteLosesNothing")
    @Tag("lab:MIT-2015.diskv.Test5BasicPersistence")
    void aBlackoutLosesNothing() throws Exception {
        String printed =
                drill(0, "blackout", "--rounds", "1", "--seconds", "2", "--disk", "unsynced");
        assertTrue(printed.contains("no acknowledged write was lost"), printed);
        assertTrue(printed.contains("digests of replicas equal"), printed);
    }

    /** The store comes back and serves; only what was acknowledged last is missing. */
    @Test
    void aBlackoutOnADiskThatCeasesToSyncLosesTheTail() throws Exception {
        String printed =
                drill(
                        1,
                        "blackout",
                        "--rounds",
                        "1",
                        "--seconds",
                        "2",
                        "--disk",
                        "unsynced-without-sync");
        assertTrue(printed.contains("WRITES WERE LOST"), printed);
        Matcher wrong = Pattern.compile("([0-9]+) of [0-9]+ keys wrong").matcher(printed);
        assertTrue(wrong.find(), printed);
        assertTrue(Integer.parseInt(wrong.group(1)) > 0, printed);
        assertTrue(Pattern.compile("read [1-9]").matcher(printed).find(), printed);
    }

    /**
     * Short, and so on few faults; {@code ./check --chaos} is the long one. The seed is one whose
     * first fault of nodes is a kill, whether disks can be filled here or not.
     */
    @Test
    @Tag("lab:somekv.require.Linearizable")
    @Tag("lab:MIT-2015.diskv.Test5ConcurrentCrashReliable")
    void whatClientsHearUnderFaultsIsLinearizable() throws Exception {
        String printed = drill(0, "chaos", "--minutes", "0.25", "--seed", "24");
        assertTrue(printed.contains("linearizable; the replicas agree"), printed);
        Pattern struck = Pattern.compile("^faults: (.*, )?kill(-all)? [1-9]", Pattern.MULTILINE);
        assertTrue(struck.matcher(printed).find(), printed);
    }

    /** Without moves: of two groups that forget, both may hold that the other has the shard. */
    @Test
    void aHistoryOnADiskThatCeasesToSyncIsNotLinearizable() throws Exception {
        String printed =
                drill(
                        1,
                        "chaos",
                        "--no-moves",
                        "--minutes",
                        "0.1",
                        "--faults",
                        "kill-all",
                        "--disk",
                        "unsynced-without-sync");
        assertTrue(printed.contains("NOT LINEARIZABLE"), printed);
        assertTrue(Files.exists(folder.resolve("data/history.txt")), printed);
    }
}
