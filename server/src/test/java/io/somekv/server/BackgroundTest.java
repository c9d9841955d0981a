package io.somekv.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.server.lane.Emergency;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class BackgroundTest {
    private static final Emergency NEVER =
            (code, why, cause) -> {
                throw new AssertionError(why, cause);
            };

    /** What it closes next would otherwise be closed under the work. */
    private static void assertCloseWaits(boolean interrupted) throws Exception {
        Background background = new Background("background", NEVER);
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

    /** It would not be run again, and nobody would know. */
    @Test
    void anErrorInWorkThatIsDoneAgainAndAgainEndsTheNode() throws Exception {
        CompletableFuture<String> stopped = new CompletableFuture<>();
        Emergency emergency =
                (code, why, cause) -> stopped.complete(code + " " + why + ": " + cause);
        try (Background background = new Background("work", emergency)) {
            background.every(
                    1,
                    () -> {
                        throw new LinkageError("not there");
                    });
            assertEquals(
                    "70 a bug met the thread work: java.lang.LinkageError: not there",
                    stopped.get(1, TimeUnit.MINUTES));
        }
    }

    @Test
    void closingOnAnInterruptedThreadWaitsToo() throws Exception {
        assertCloseWaits(true);
    }
}
