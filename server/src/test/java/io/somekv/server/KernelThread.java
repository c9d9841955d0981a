package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A thread of this process as Linux sees it: a folder of {@code /proc/self/task}. */
public record KernelThread(Path folder) {
    /** Skips the test where the kernel has no slices that a thread may ask for (Linux 6.12). */
    public static void assumeSlices() {
        Matcher version =
                Pattern.compile("(\\d+)\\.(\\d+).*").matcher(System.getProperty("os.version"));
        assumeTrue(System.getProperty("os.name").equals("Linux") && version.matches());
        int major = Integer.parseInt(version.group(1));
        assumeTrue(major > 6 || (major == 6 && Integer.parseInt(version.group(2)) >= 12));
        assumeTrue(Files.exists(Path.of("/proc/self/sched")));
    }

    public static KernelThread current() {
        try {
            Path link = Files.readSymbolicLink(Path.of("/proc/thread-self"));
            return new KernelThread(Path.of("/proc").resolve(link));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those whose name begins like this; the kernel knows 15 letters of a name. */
    static List<KernelThread> named(String prefix) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/task"))) {
            return all.map(KernelThread::new)
                    .filter(thread -> thread.name().startsWith(prefix))
                    .toList();
        }
    }

    /** The slice of time that it asks for, in nanoseconds. */
    public long slice() {
        return read("se.slice");
    }

    /** One of the numbers that the kernel shows of how it schedules the thread. */
    public long read(String field) {
        String all = text("sched");
        Matcher line =
                Pattern.compile("(?m)^" + Pattern.quote(field) + " *: *(\\d+)$").matcher(all);
        assertTrue(line.find(), all);
        return Long.parseLong(line.group(1));
    }

    /** Runs a command with the thread's number as its last word. */
    public void tell(String... command) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(command));
        words.add(folder.getFileName().toString());
        assertEquals(0, new ProcessBuilder(words).start().waitFor(), words.toString());
    }

    /** Empty of one that has ended meanwhile. */
    private String name() {
        try {
            return Files.readString(folder.resolve("comm"));
        } catch (IOException e) {
            return "";
        }
    }

    private String text(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
