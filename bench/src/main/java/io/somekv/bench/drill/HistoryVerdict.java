package io.somekv.bench.drill;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.History;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The end of a drill: every key that was ever used is read, and its history judged. */
final class HistoryVerdict {
    private static final long READ_LIFETIME_MILLIS = 60_000;
    private static final int PRINTED_MAX = 10;

    private final Nodes nodes;
    private final Recorder recorder;
    private final KeyPool keys;
    private final Findings findings;

    HistoryVerdict(Nodes nodes, Recorder recorder, KeyPool keys, Findings findings) {
        this.nodes = nodes;
        this.recorder = recorder;
        this.keys = keys;
        this.findings = findings;
    }

    /**
     * Reads and judges; keys whose history is wrong are findings. Prints what came of it.
     *
     * @param reader a number that no client has
     * @return whether nothing was found, here or before
     */
    boolean judge(int reader, Path folder) throws IOException {
        List<KeyPool.Key> all = keys.all();
        int wrong = 0;
        readAll(all, reader);
        for (KeyPool.Key key : all) {
            Optional<String> problem = HistoryCheck.check(key, recorder.of(key.name()));
            if (problem.isPresent() && ++wrong <= PRINTED_MAX) {
                findings.add(problem.get());
            }
        }
        report(all.size(), wrong);
        boolean good = findings.all().isEmpty();
        if (!good) {
            Path file = folder.resolve("history.txt");
            recorder.save(file, all);
            System.out.println("the whole history is in " + file);
        }
        return good;
    }

    private void readAll(List<KeyPool.Key> all, int reader) {
        try (Asker asker = new Asker.OfJava(nodes, READ_LIFETIME_MILLIS)) {
            for (KeyPool.Key key : all) {
                Command get = new Command.Get(key.name());
                History.Call call = recorder.call(reader, key.name(), get);
                Outcome outcome = asker.ask(get);
                recorder.returned(reader, call, outcome);
                if (!(outcome instanceof Outcome.Result)) {
                    findings.add("key " + key.name().toUtf8() + " cannot be read: " + outcome);
                    return;
                }
            }
        }
    }

    private void report(int keyCount, int wrong) {
        System.out.printf(
                "%d operations answered, %d with unknown outcome, on %d keys%n",
                recorder.operations(), recorder.unknown(), keyCount);
        List<String> all = findings.all();
        all.forEach(finding -> System.out.println("FOUND: " + finding));
        System.out.println(
                wrong > 0
                        ? "NOT LINEARIZABLE: " + wrong + " keys"
                        : all.isEmpty()
                                ? "linearizable; the replicas agree"
                                : "linearizable, but see above");
    }
}
