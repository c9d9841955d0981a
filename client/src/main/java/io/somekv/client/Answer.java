package io.somekv.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The answer to a request, and what is chained to it. One thread brings all answers and ends what
 * takes too long: were it to wait for an answer itself, it would for ever. So it is refused that.
 */
final class Answer<T> extends CompletableFuture<T> {
    private final Thread bringer;

    Answer(Thread bringer) {
        this.bringer = bringer;
    }

    static void checkMayWait(Thread bringer) {
        if (Thread.currentThread() == bringer) {
            throw new IllegalStateException(
                    "a callback of the client must not wait for the client: it runs on the one"
                            + " thread that brings the answers. Chain an asynchronous call"
                            + " (thenCompose with getAsync), or have the callback run elsewhere"
                            + " (thenAcceptAsync)");
        }
    }

    private void checkMayWait() {
        if (!isDone()) {
            checkMayWait(bringer);
        }
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new Answer<>(bringer);
    }

    @Override
    public T join() {
        checkMayWait();
        return super.join();
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        checkMayWait();
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        checkMayWait();
        return super.get(timeout, unit);
    }
}
