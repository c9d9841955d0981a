package io.somekv.bench.drill;

import io.somekv.bench.drill.Fault.Kind;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.History;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** One run of the chaos drill on nodes that serve: faults under load, the healing, the verdict. */
final class ChaosRun {
    private static final List<Integer> GROUPS = List.of(0, 1, 2);
    private static final long MINUTE_MILLIS = 60_000;
    private static final long WATCH_MILLIS = 250;
    private static final long READ_LIFETIME_MILLIS = 60_000;
    private static final int PRINTED_MAX = 10;

    private final Nodes nodes;
    private final Faults faults;
    private final Findings findings;
    private final Clock clock;
    private final int clients;
    private final Recorder recorder;
    private final KeyPool keys = new KeyPool();
    private final Map<Kind, Integer> done = new EnumMap<>(Kind.class);
    private final AtomicBoolean over = new AtomicBoolean();

    ChaosRun(Nodes nodes, Faults faults, Findings findings, Clock clock, int clients) {
        this.nodes = nodes;
        this.faults = faults;
        this.findings = findings;
        this.clock = clock;
        this.clients = clients;
        this.recorder = new Recorder(clock, clients);
    }

    /** Load and faults; at the end every fault is undone, and no client waits for an answer. */
    void go(long seed, List<Kind> kinds, long millis) throws IOException, InterruptedException {
        try (ChaosLoad load = new ChaosLoad(nodes, recorder, keys, findings)) {
            load.start(clients, seed);
            List<Thread> tracks =
                    List.of(
                            track(
                                    seed,
                                    kinds.stream().filter(kind -> !kind.isOfNetwork()).toList()),
                            track(~seed, kinds.stream().filter(Kind::isOfNetwork).toList()));
            watch(millis);
            over.set(true);
            for (Thread track : tracks) {
                track.join();
            }
        }
    }

    /** One fault after the other until it is over. */
    private Thread track(long seed, List<Kind> kinds) {
        FaultSchedule schedule = new FaultSchedule(seed, nodes.count(), kinds);
        return Thread.startVirtualThread(() -> {
            try {
                while (!kinds.isEmpty() && !over.get()) {
                    carryOut(schedule.next());
                }
            } catch (IOException e) {
                findings.add("a fault could not be done: " + e.getMessage());
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a drill", e);
            }
        });
    }

    private void carryOut(FaultSchedule.Planned planned) throws IOException, InterruptedException {
        pause(planned.gapMillis());
        if (over.get()) {
            return;
        }
        Fault fault = planned.fault();
        Optional<String> what = faults.begin(fault);
        if (what.isEmpty()) {
            return;
        }
        clock.say(what.get());
        synchronized (done) {
            done.merge(fault.kind(), 1, Integer::sum);
        }
        pause(planned.holdMillis());
        clock.say(faults.end(fault));
    }

    /** Cut short when all is over. */
    private void pause(long millis) throws InterruptedException {
        long end = clock.millis() + millis;
        for (long left = millis; left > 0 && !over.get(); left = end - clock.millis()) {
            TimeUnit.MILLISECONDS.sleep(Math.min(left, 100));
        }
    }

    private void watch(long millis) throws IOException, InterruptedException {
        long end = clock.millis() + millis;
        long minute = clock.millis() + MINUTE_MILLIS;
        while (clock.millis() < end) {
            TimeUnit.MILLISECONDS.sleep(Math.min(WATCH_MILLIS, Math.max(1, end - clock.millis())));
            faults.watch();
            if (clock.millis() >= minute) {
                summarize();
                minute += MINUTE_MILLIS;
            }
        }
        summarize();
    }

    private void summarize() {
        Recorder.Figures figures = recorder.take();
        clock.say(
                "-- %d operations, %d unknown outcomes, longest pause of a client %d ms"
                        .formatted(
                                figures.operations(),
                                figures.unknown(),
                                figures.longestPauseMillis()));
    }

    /** With all faults undone: every node serves, every group has a leader, replicas agree. */
    void settle() throws IOException, InterruptedException {
        long began = clock.millis();
        if (!nodes.allServe()) {
            findings.add("not every node serves again within a minute");
            return;
        }
        for (int group : GROUPS) {
            try {
                nodes.leaderOf(group);
            } catch (IOException e) {
                findings.add("no leader: " + e.getMessage());
            }
        }
        clock.say(
                "all nodes serve and all groups have leaders after %d ms"
                        .formatted(clock.millis() - began));
        try {
            long differing = Replicas.differing(nodes);
            if (differing > 0) {
                findings.add("the replicas of " + differing + " groups differ");
            }
        } catch (IOException e) {
            findings.add(String.valueOf(e.getMessage()));
        }
    }

    /** Reads every key that was ever used, and holds the history against what is allowed. */
    boolean judge(Path folder) throws IOException {
        List<KeyPool.Key> all = keys.all();
        int wrong = 0;
        try (Asker asker = new Asker.OfJava(nodes, READ_LIFETIME_MILLIS)) {
            for (KeyPool.Key key : all) {
                Command get = new Command.Get(key.name());
                History.Call call = recorder.call(clients, key.name(), get);
                Outcome outcome = asker.ask(get);
                recorder.returned(clients, call, outcome);
                if (!(outcome instanceof Outcome.Result)) {
                    findings.add("key " + key.name().toUtf8() + " cannot be read: " + outcome);
                    break;
                }
            }
        }
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

    private void report(int keyCount, int wrong) {
        System.out.println("faults: " + faultsByKind());
        System.out.printf(
                Locale.ROOT,
                "%d operations answered, %d with unknown outcome, on %d keys%n",
                recorder.operations(),
                recorder.unknown(),
                keyCount);
        List<String> all = findings.all();
        all.forEach(finding -> System.out.println("FOUND: " + finding));
        System.out.println(
                wrong > 0
                        ? "NOT LINEARIZABLE: " + wrong + " keys"
                        : all.isEmpty()
                                ? "linearizable; the replicas agree"
                                : "linearizable, but see above");
    }

    private String faultsByKind() {
        synchronized (done) {
            StringBuilder text = new StringBuilder();
            done.forEach((kind, times) ->
                    text.append(text.isEmpty() ? "" : ", ")
                            .append(kind.label())
                            .append(' ')
                            .append(times));
            return text.isEmpty() ? "none" : text.toString();
        }
    }
}
