package io.somekv.server.resp;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;

/** What INFO tells of the process: memory, time on the processors, age. */
final class ProcessFacts {
    /** The kernel's unit of time on the processors: a hundredth of a second. */
    private static final double TICKS_PER_SECOND = 100;

    private final long startedNanos = System.nanoTime();
    private final String runId = newRunId();

    private static String newRunId() {
        byte[] random = new byte[20];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    String runId() {
        return runId;
    }

    long processId() {
        return ProcessHandle.current().pid();
    }

    long uptimeSeconds() {
        return (System.nanoTime() - startedNanos) / 1_000_000_000;
    }

    long wallMicros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    long usedMemory() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    long maxMemory() {
        return Runtime.getRuntime().maxMemory();
    }

    /** Seconds in user mode; with no such figure from the system, all of them. */
    double cpuUserSeconds() {
        return processTimes(0);
    }

    double cpuSystemSeconds() {
        return processTimes(1);
    }

    /** The kernel's figures (proc(5): utime and stime), which the JDK only gives as a sum. */
    private static double processTimes(int which) {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            return Long.parseLong(fields.get(11 + which)) / TICKS_PER_SECOND;
        } catch (java.io.IOException | RuntimeException e) {
            if (which == 0
                    && ManagementFactory.getOperatingSystemMXBean()
                            instanceof OperatingSystemMXBean system) {
                return system.getProcessCpuTime() / 1e9;
            }
            return 0;
        }
    }
}
