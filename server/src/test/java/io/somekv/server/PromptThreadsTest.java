package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which threads of a node ask the kernel to run soon: those that requests wait for, no others. */
final class PromptThreadsTest {
    private static final long SHORT_NANOS = 100_000;

    @TempDir private Path folder;

    @Test
    void lanesAndTheLogRunSoonWhatNobodyWaitsForDoesNot() throws Exception {
        KernelThread.assumeSlices();
        try (TestCluster cluster = TestCluster.start(folder, 1, 1, 2)) {
            assertEquals(1, cluster.info(0).nodeId());
            assertEquals(2, slicesOf("node1-lane").size());
            assertEquals(1, slicesOf("node1-log").size());
            for (String name : List.of("node1-lane", "node1-log")) {
                slicesOf(name).forEach(slice -> assertEquals(SHORT_NANOS, slice, name));
            }
            for (String name : List.of("node1-backgroun", "node1-control")) {
                assertEquals(1, slicesOf(name).size(), name);
                slicesOf(name).forEach(slice -> assertNotEquals(SHORT_NANOS, slice, name));
            }
        }
    }

    private static List<Long> slicesOf(String name) throws Exception {
        return KernelThread.named(name).stream().map(KernelThread::slice).toList();
    }
}
