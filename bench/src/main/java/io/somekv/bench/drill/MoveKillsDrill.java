package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.config.ClusterMap;
import io.somekv.protocol.config.Slots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A shard moves to and fro, and at each step of a move one of the three that take part is killed
 * with -9: the leader of its source, of its target, or of the shard master, each on a node of its
 * own. Whoever leads next goes on. Nothing may be lost, nothing happen twice.
 */
@Command(
        name = "move-kills",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Kill leaders at each step of a shard's move; nothing lost, nothing twice.")
public final class MoveKillsDrill implements Callable<Integer> {
    private static final String TAG = "{moving}";
    private static final int ATTEMPTS_MAX = 20;
    private static final long STEP_MILLIS_MAX = 120_000;
    private static final long SETTLED_MILLIS_MAX = 180_000;

    /** Of the groups that take part, the one whose leader is killed. */
    private enum Victim {
        SOURCE(2),
        TARGET(3),
        MASTER(1);

        /** That leads it, before the move begins. */
        private final int node;

        Victim(int node) {
            this.node = node;
        }
    }

    @Mixin private DrillOptions options = new DrillOptions();

    @Option(
            names = "--mib",
            paramLabel = "N",
            defaultValue = "64",
            description = "Size of the shard (${DEFAULT-VALUE}).")
    private int mebibytes = 64;

    @Option(
            names = "--down",
            paramLabel = "S",
            defaultValue = "3",
            description = "Seconds until a node that was killed is started (${DEFAULT-VALUE}).")
    private int downSeconds = 3;

    private final KeyPool keys = new KeyPool(TAG);
    private final Findings findings = new Findings(new Clock());
    private int missed;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = options.makeFolder();
        try (Nodes nodes = options.nodesAt(Places.loopback(3), folder);
                ShardControl control = new ShardControl(nodes)) {
            DrillOptions.serve(nodes, folder);
            control.switchCaretakerOff();
            ShardFilling filling = new ShardFilling(TAG + ":", mebibytes);
            filling.write(nodes);
            Recorder recorder = new Recorder(findings.clock(), options.clients());
            try (ChaosLoad load = new ChaosLoad(nodes, recorder, keys, findings)) {
                load.start(options.clients(), 1);
                killAtEachStep(nodes, control, recorder);
            } catch (IOException e) {
                findings.add(String.valueOf(e.getMessage()));
            }
            long differing = Replicas.differing(nodes);
            if (differing > 0) {
                findings.add("the replicas of " + differing + " groups differ");
            }
            int wrong = filling.wrong(nodes);
            System.out.printf("%d of %d rows of the shard wrong%n", wrong, filling.count());
            if (wrong > 0) {
                findings.add(wrong + " rows of the shard are wrong");
            }
            if (missed > 0) {
                findings.add(missed + " steps were never seen, and nobody was killed there");
            }
            boolean good =
                    new HistoryVerdict(nodes, recorder, keys, findings)
                            .judge(options.clients(), folder);
            return good ? 0 : 1;
        }
    }

    private void killAtEachStep(Nodes nodes, ShardControl control, Recorder recorder)
            throws IOException, InterruptedException {
        for (ShardTravel.Step step : ShardTravel.Step.values()) {
            for (Victim victim : Victim.values()) {
                boolean struck = false;
                for (int i = 0; i < ATTEMPTS_MAX && !struck; i++) {
                    struck = strike(nodes, control, recorder, step, victim);
                }
                missed += struck ? 0 : 1;
            }
        }
    }

    /** One move; whether the step was seen, and so the node killed. */
    private boolean strike(
            Nodes nodes,
            ShardControl control,
            Recorder recorder,
            ShardTravel.Step step,
            Victim victim)
            throws IOException, InterruptedException {
        ClusterMap map = control.map();
        int shard = Slots.shardOf(Bytes.utf8(TAG), map.settings().shardCount());
        long from = map.config().owner(shard);
        long to = 3 - from;
        control.lead(0, Victim.MASTER.node);
        control.lead(from, Victim.SOURCE.node);
        control.lead(to, Victim.TARGET.node);
        recorder.take();
        ShardTravel travel = new ShardTravel(control, shard, from, to);
        control.move(shard, to);
        boolean seen = travel.await(step, STEP_MILLIS_MAX);
        if (seen) {
            nodes.kill(victim.node);
            double killed = travel.millis();
            TimeUnit.SECONDS.sleep(downSeconds);
            nodes.start(victim.node);
            control.awaitSettled(SETTLED_MILLIS_MAX);
            Recorder.Figures figures = recorder.take();
            findings.clock()
                    .say(
                            String.format(
                                    Locale.ROOT,
                                    "%s: leader of the %s killed %.0f ms after the move began, it is"
                                            + " over after %.0f ms; %d answers, %d unknown,"
                                            + " longest wait of a client %d ms",
                                    step.label(),
                                    victim.name().toLowerCase(Locale.ROOT),
                                    killed,
                                    travel.millis(),
                                    figures.operations(),
                                    figures.unknown(),
                                    figures.longestPauseMillis()));
        }
        control.awaitSettled(SETTLED_MILLIS_MAX);
        return seen;
    }
}
