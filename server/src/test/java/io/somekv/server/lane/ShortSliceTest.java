package io.somekv.server.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.somekv.server.KernelThread;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel was told, in its own words. */
final class ShortSliceTest {
    private static final ThreadFactory COMMON = Thread.ofPlatform().factory();

    @BeforeEach
    void onlyWhereTheKernelHasSlices() {
        KernelThread.assumeSlices();
    }

    @Test
    void aThreadHasShortSlicesBeforeItsWorkBegins() throws Exception {
        assertEquals(ShortSlice.NANOS, seenIn(ShortSlice.of(COMMON), KernelThread::slice));
        assertNotEquals(ShortSlice.NANOS, seenIn(COMMON, KernelThread::slice));
    }

    @Test
    void aThreadThatSuchAThreadStartsHasCommonSlices() throws Exception {
        long slice = seenIn(ShortSlice.of(COMMON), _ -> seenIn(COMMON, KernelThread::slice));
        assertEquals(seenIn(COMMON, KernelThread::slice), slice);
    }

    @Test
    void howNiceItIsStaysAsItWas() throws Exception {
        List<Long> seen =
                seenIn(
                        COMMON,
                        thread -> {
                            thread.tell("renice", "-n", "5", "-p");
                            long prio = thread.read("prio");
                            ShortSlice.request();
                            return List.of(prio, thread.read("prio"), thread.slice());
                        });
        assertEquals(List.of(seen.getFirst(), seen.getFirst(), ShortSlice.NANOS), seen);
    }

    @Test
    void aClassThatSomebodyChoseStaysAndHasTheSlicesItHad() throws Exception {
        List<Long> seen =
                seenIn(
                        COMMON,
                        thread -> {
                            thread.tell("chrt", "--batch", "--pid", "0");
                            List<Long> before = List.of(thread.read("policy"), thread.slice());
                            ShortSlice.request();
                            assertEquals(before, List.of(thread.read("policy"), thread.slice()));
                            return before;
                        });
        assertNotEquals(KernelThread.current().read("policy"), seen.getFirst());
    }

    private interface Look<T> {
        T at(KernelThread thread) throws Exception;
    }

    /** What a thread made by the factory sees of itself; nobody else has it. */
    private static <T> T seenIn(ThreadFactory threads, Look<T> look) throws Exception {
        try (ExecutorService thread = Executors.newSingleThreadExecutor(threads)) {
            return thread.submit(() -> look.at(KernelThread.current())).get();
        }
    }
}
