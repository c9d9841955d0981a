package io.somekv.server;

import io.somekv.server.lane.Emergency;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A thread of a node for work that nobody waits for. */
final class Background implements AutoCloseable {
    private final ScheduledExecutorService thread;
    private final String name;
    private final Emergency emergency;

    @SuppressWarnings("ThreadPriorityCheck") // a hint: nothing depends on it
    Background(String name, Emergency emergency) {
        this.name = name;
        this.emergency = emergency;
        thread =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform()
                                .name(name)
                                .daemon(true)
                                .priority(Thread.MIN_PRIORITY)
                                .factory());
    }

    ScheduledExecutorService thread() {
        return thread;
    }

    /** Runs it when its turn comes. */
    void once(Runnable work) {
        thread.execute(() -> guard(work));
    }

    /** Runs it again a second after it ended, for the first time in a second. */
    void everySecond(Runnable work) {
        every(1_000, work);
    }

    /** As {@link #everySecond}, with another pause. */
    void every(long millis, Runnable work) {
        Future<?> _ =
                thread.scheduleWithFixedDelay(
                        () -> guard(work), millis, millis, TimeUnit.MILLISECONDS);
    }

    /**
     * Whatever is thrown ends the node: the executor would drop the work without a word, and the
     * node would go on with nobody to flush rows, free the log or look at its disk.
     */
    private void guard(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            emergency.stop(Emergency.EXIT_BUG, "a bug met the thread " + name, e);
            throw e;
        }
    }

    /**
     * Waits for what runs or is queued, also on a thread that is interrupted: it uses the log and
     * the lanes' loops, which are closed next, and the log's files would be closed under it.
     */
    @Override
    public void close() {
        thread.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = thread.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
