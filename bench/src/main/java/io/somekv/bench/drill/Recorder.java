package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.History;
import io.somekv.sim.check.Operation;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The history of a drill, written by many threads, with figures about it. A call is noted before it
 * is sent, a return after it was heard; so what the history says was one after the other was so.
 */
final class Recorder {
    /** What happened since the last figures were taken. */
    record Figures(long operations, long unknown, long longestPauseMillis) {}

    private final History history;
    private final Clock clock;

    /** When each client last heard an answer, or began. */
    private final long[] heardMillis;

    private long longestPauseMillis;
    private Figures before = new Figures(0, 0, 0);

    Recorder(Clock clock, int clients) {
        this.clock = clock;
        this.history = new History(clock::millis);
        this.heardMillis = new long[clients];
        Arrays.fill(heardMillis, clock.millis());
    }

    synchronized History.Call call(int client, Bytes key, Command command) {
        return history.call(client, key, command);
    }

    /** The answer, {@link Outcome.Unknown} where none came; whether it is known what happened. */
    synchronized boolean returned(int client, History.Call call, Outcome outcome) {
        call.returned(outcome);
        if (outcome instanceof Outcome.Result && client < heardMillis.length) {
            long now = clock.millis();
            longestPauseMillis = Math.max(longestPauseMillis, now - heardMillis[client]);
            heardMillis[client] = now;
        }
        return !(outcome instanceof Outcome.Unknown);
    }

    /** Since the last call; a pause that goes on counts. */
    synchronized Figures take() {
        long now = clock.millis();
        for (long heard : heardMillis) {
            longestPauseMillis = Math.max(longestPauseMillis, now - heard);
        }
        Figures figures =
                new Figures(
                        history.known() - before.operations,
                        history.unknown() - before.unknown,
                        longestPauseMillis);
        before = new Figures(history.known(), history.unknown(), 0);
        longestPauseMillis = 0;
        return figures;
    }

    synchronized long operations() {
        return history.known();
    }

    synchronized long unknown() {
        return history.unknown();
    }

    synchronized List<Operation> of(Bytes key) {
        return List.copyOf(history.of(key));
    }

    /** Writes all of it as text, a line an operation, key by key. */
    void save(Path file, List<KeyPool.Key> keys) throws IOException {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (KeyPool.Key key : keys) {
                writer.write("key " + key.name().toUtf8() + "\n");
                for (Operation operation : of(key.name())) {
                    writer.write(line(operation));
                }
            }
        }
    }

    static String line(Operation operation) {
        return "  %d..%s ms  %s%n"
                .formatted(
                        operation.calledMillis(),
                        operation.known() ? Long.toString(operation.returnedMillis()) : "?",
                        operation);
    }
}
