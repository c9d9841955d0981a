package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class BackgroundTest {
    /** What it closes next would otherwise be closed under the work. */
    private static void assertCloseWaits(boolean interrupted) throws Exception {
        Background background = new Background("background");
        CountDownLatch working = new CountDownLatch(1);
        AtomicBoolean worked = new AtomicBoolean();
        AtomicBoolean workedBeforeCloseReturned = new AtomicBoolean();
        AtomicBoolean stillInterrupted = new AtomicBoolean();
        Thread closer =
                Thread.ofPlatform()
                        .unstarted(() -> {
                            if (interrupted) {
                                Thread.currentThread().interrupt();
                            }
                            background.close();
                            workedBeforeCloseReturned.set(worked.get());
                            stillInterrupted.set(Thread.currentThread().isInterrupted());
                        });
        background
                .thread()
                .execute(() -> {
                    working.countDown();
                    while (closer.getState() != Thread.State.TIMED_WAITING && !hasEnded(closer)) {
                        Thread.onSpinWait();
                    }
                    worked.set(true);
                });
        working.await();
        closer.start();
        closer.join();
        assertTrue(workedBeforeCloseReturned.get());
        assertTrue(stillInterrupted.get() == interrupted);
    }

    private static boolean hasEnded(Thread thread) {
        return thread.getState() == Thread.State.TERMINATED;
    }

    @Test
    void closingWaitsForTheWorkThatRuns() throws Exception {
        assertCloseWaits(false);
    }

    @Test
    void closingOnAnInterruptedThreadWaitsToo() throws Exception {
        assertCloseWaits(true);
    }
}
