package io.somekv.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.client.SomeKvClient;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Appends words to a key until told to stop, {@code name:0 name:1 …}, each a moment after the one
 * before was acknowledged. Others may append to the same key.
 */
final class Appender {
    private static final long ANSWER_SECONDS = 60;

    /** Without it the value, which travels with each read, would be as large as nodes are fast. */
    private static final Executor AFTER_A_PAUSE =
            CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS);

    private final SomeKvClient client;
    private final byte[] key;
    private final String name;
    private final Semaphore acknowledged = new Semaphore(0);
    private final CompletableFuture<Integer> end = new CompletableFuture<>();
    private volatile boolean isToStop;

    private Appender(SomeKvClient client, String key, String name) {
        this.client = client;
        this.key = key.getBytes(UTF_8);
        this.name = name;
    }

    static Appender start(SomeKvClient client, String key, String name) {
        Appender appender = new Appender(client, key, name);
        appender.appendFrom(0);
        return appender;
    }

    private void appendFrom(int number) {
        if (isToStop) {
            end.complete(number);
            return;
        }
        CompletableFuture<Void> _ =
                client.appendAsync(key, word(number).getBytes(UTF_8))
                        .handleAsync(
                                (_, failure) -> {
                                    onAnswer(number, failure);
                                    return null;
                                },
                                AFTER_A_PAUSE);
    }

    private void onAnswer(int number, @Nullable Throwable failure) {
        if (failure != null) {
            end.completeExceptionally(failure);
            return;
        }
        acknowledged.release();
        appendFrom(number + 1);
    }

    private String word(int number) {
        return name + ":" + number + " ";
    }

    /** Waits until so many more words were asked for and acknowledged from now on. */
    void awaitMore(int words) throws InterruptedException {
        acknowledged.drainPermits();
        // One may be on its way: that it arrives says nothing about now.
        boolean came = acknowledged.tryAcquire(words + 1, ANSWER_SECONDS, TimeUnit.SECONDS);
        assertTrue(came, this::whyNoAnswers);
    }

    private String whyNoAnswers() {
        return name
                + " gets no answers: "
                + (end.isCompletedExceptionally() ? end.exceptionNow() : "none came");
    }

    /** Stops, and waits for the last answer: every word was acknowledged. */
    void stop() throws InterruptedException, ExecutionException, TimeoutException {
        isToStop = true;
        end.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    /** Once stopped: the value has each word that was acknowledged once, in order. */
    void checkIn(String value) {
        List<String> expected = IntStream.range(0, end.join()).mapToObj(this::word).toList();
        List<String> found =
                Arrays.stream(value.split("(?<= )"))
                        .filter(word -> word.startsWith(name + ":"))
                        .toList();
        assertEquals(expected, found);
    }
}
