package io.somekv.bench.drill;

import io.somekv.bench.drill.Fault.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** One run of the chaos drill on nodes that serve: faults under load, the healing, the verdict. */
final class ChaosRun {
    private static final long MINUTE_MILLIS = 60_000;
    private static final long WATCH_MILLIS = 250;
    private static final long SETTLED_MILLIS_MAX = 120_000;

    private final Nodes nodes;
    private final Faults faults;
    private final Findings findings;
    private final Clock clock;
    private final int clients;
    private final int groups;
    private final Recorder recorder;
    private final KeyPool keys = new KeyPool();
    private final Map<Kind, Integer> done = new EnumMap<>(Kind.class);
    private final AtomicBoolean over = new AtomicBoolean();

    /**
     * @param groups of keys, numbered from 1
     */
    ChaosRun(Nodes nodes, Faults faults, Findings findings, int clients, int groups) {
        this.nodes = nodes;
        this.groups = groups;
        this.faults = faults;
        this.findings = findings;
        this.clock = findings.clock();
        this.clients = clients;
        this.recorder = new Recorder(clock, clients);
    }

    /** Load and faults; at the end every fault is undone, and no client waits for an answer. */
    void go(long seed, List<Kind> kinds, Optional<MoveTrack> moves, long millis)
            throws IOException, InterruptedException {
        try (ChaosLoad load = new ChaosLoad(nodes, recorder, keys, findings)) {
            load.start(clients, seed);
            List<Thread> tracks = new ArrayList<>();
            tracks.add(track(seed, kinds.stream().filter(kind -> !kind.isOfNetwork()).toList()));
            tracks.add(track(~seed, kinds.stream().filter(Kind::isOfNetwork).toList()));
            moves.ifPresent(track -> tracks.add(Thread.startVirtualThread(() -> move(track))));
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

    private void move(MoveTrack track) {
        try {
            while (!over.get()) {
                pause(track.gapMillis());
                track.change();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a drill", e);
        }
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
        for (int group = 0; group <= groups; group++) {
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

    /** Every group comes to serve what the newest config gives it, and nothing is on its way. */
    void settleShards(ShardControl control, MoveTrack moves) throws InterruptedException {
        long began = clock.millis();
        System.out.println("changes of the shard map: " + moves.summary());
        try {
            control.awaitSettled(SETTLED_MILLIS_MAX);
            clock.say(
                    "all shards are where they belong after %d ms"
                            .formatted(clock.millis() - began));
        } catch (IOException e) {
            findings.add(String.valueOf(e.getMessage()));
        }
    }

    /** Reads every key that was ever used, and holds the history against what is allowed. */
    boolean judge(Path folder) throws IOException {
        System.out.println("faults: " + faultsByKind());
        return new HistoryVerdict(nodes, recorder, keys, findings).judge(clients, folder);
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
