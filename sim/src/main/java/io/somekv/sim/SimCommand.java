package io.somekv.sim;

import io.somekv.base.Mutation;
import io.somekv.sim.caretaker.PlacementCommand;
import io.somekv.sim.world.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code somekv sim}: runs whole clusters in simulated time, and shows the first that goes wrong.
 */
@Command(
        name = "sim",
        subcommands = PlacementCommand.class,
        mixinStandardHelpOptions = true,
        description = {
            "Simulate whole clusters under faults and check everything they must hold.",
            "The real nodes on a simulated clock, network and disk: what a seed does, it does"
                    + " again."
        })
public final class SimCommand implements Callable<Integer> {
    private static final int TAIL_LINES = 200;
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(5);

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--seed", description = "Run this one seed and print its trace hash.")
    private @Nullable Long seed;

    @Option(
            names = "--runs",
            description = "Run so many seeds, or up to the first that fails (default: 100).")
    private @Nullable Long runs;

    @Option(names = "--minutes", description = "Run seeds for so long, or up to one that fails.")
    private @Nullable Double minutes;

    @Option(
            names = "--first",
            description = "First seed of --runs and --minutes (default: ${DEFAULT-VALUE}).")
    private long first = 1;

    @Option(names = "--trace", paramLabel = "FILE", description = "Write the whole trace there.")
    private @Nullable Path trace;

    @Option(
            names = "--mutant",
            description =
                    "Put a bug back that real systems had, and count the seeds until it is found:"
                            + " ${COMPLETION-CANDIDATES}. With --seed: run that seed with the bug.")
    private @Nullable Mutation mutant;

    @Option(
            names = "--mutants",
            description = "Do that for every such bug; prints the table of docs/MUTANTS.md.")
    private boolean mutants;

    @Option(
            names = "--seeds",
            description = "Give a mutant up after so many (default: ${DEFAULT-VALUE}).")
    private long seedsMax = 2_000;

    @Option(names = "--threads", description = "Runs at a time (default: one a processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--moves",
            description = "Only runs in which shards move: every third does anyway.")
    private boolean moves;

    /** For a process of its own. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SimCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        if (seed != null) {
            return runOne(seed);
        }
        if (mutants) {
            return runMutants();
        }
        if (mutant != null) {
            return runMutant(mutant);
        }
        return runMany();
    }

    private EnumSet<Mutation> mutations() {
        return mutant == null ? EnumSet.noneOf(Mutation.class) : EnumSet.of(mutant);
    }

    private Scenario.Draw draw() {
        return moves ? Scenario.Draw.MOVES : Scenario.Draw.ANY;
    }

    // ---- one seed

    private int runOne(long which) throws IOException {
        RunResult result =
                trace == null
                        ? Simulation.run(which, draw(), mutations(), Optional.empty())
                        : runTraced(which, trace);
        say("seed " + which + ": " + result.failure().orElse("good"));
        say(
                String.format(
                        Locale.ROOT,
                        "%d events in %.1f simulated seconds, %d requests answered, %d unknown",
                        result.events(),
                        result.nanos() / 1e9,
                        result.known(),
                        result.unknown()));
        say("faults: " + result.struck());
        say(result.moves().describe());
        say(result.hashLine());
        if (!result.isGood() && trace == null) {
            printTail(which);
        }
        return result.isGood() ? 0 : 1;
    }

    private RunResult runTraced(long which, Path file) throws IOException {
        try (PrintWriter writer =
                new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
            RunResult result =
                    Simulation.run(which, draw(), mutations(), Optional.of(writer::println));
            writer.println(result.failure().orElse("good"));
            return result;
        }
    }

    /** Runs a failed seed once more for its last events. */
    private void printTail(long which) {
        ArrayDeque<String> lines = new ArrayDeque<>();
        Consumer<String> reader =
                line -> {
                    lines.add(line);
                    if (lines.size() > TAIL_LINES) {
                        lines.remove();
                    }
                };
        RunResult again = Simulation.run(which, draw(), mutations(), Optional.of(reader));
        say("the last " + lines.size() + " events:");
        lines.forEach(this::say);
        say("seed " + which + ": " + again.failure().orElse("good this time: a bug, too"));
        say(again.hashLine());
        String options = (moves ? "--moves --seed " : "--seed ") + which;
        say("run it again with: somekv sim " + options + " --trace FILE");
    }

    // ---- many seeds

    private int runMany() throws InterruptedException, IOException {
        long nanosMax =
                minutes == null ? Long.MAX_VALUE : (long) (minutes * TimeUnit.MINUTES.toNanos(1));
        long noCount = minutes == null ? 100 : Long.MAX_VALUE;
        long runsMax = runs == null ? noCount : runs;
        Campaign.Plan plan =
                new Campaign.Plan(first, runsMax, nanosMax, threads, draw(), mutations());
        Campaign.Summary summary = Campaign.run(plan, new Progress());
        say(describe(summary));
        say(summary.moves().describe());
        if (summary.failure().isEmpty()) {
            return 0;
        }
        RunResult failure = summary.failure().get();
        say("seed " + failure.seed() + " failed: " + failure.failure().orElse(""));
        if (trace != null) {
            runTraced(failure.seed(), trace);
        }
        printTail(failure.seed());
        return 1;
    }

    private static String describe(Campaign.Summary summary) {
        return String.format(
                Locale.ROOT,
                "%d runs, %.1f runs/s, %.2f simulated hours, %d requests answered, %d unknown, %s",
                summary.runs(),
                summary.runsPerSecond(),
                summary.simulatedHours(),
                summary.known(),
                summary.unknown(),
                summary.failure().isEmpty() ? "no failure" : "FAILED");
    }

    /** A line now and then. */
    private final class Progress implements Consumer<Campaign.Summary> {
        private long nextNanos = PROGRESS_NANOS;

        @Override
        public void accept(Campaign.Summary summary) {
            if (summary.wallNanos() >= nextNanos) {
                nextNanos = summary.wallNanos() + PROGRESS_NANOS;
                say(describe(summary));
            }
        }
    }

    // ---- mutants

    private int runMutant(Mutation which) throws InterruptedException {
        MutantTable.Row row = MutantTable.search(which, draw(), seedsMax, threads);
        say(MutantTable.HEADER);
        say(row.markdown());
        return row.found() ? 0 : 1;
    }

    private int runMutants() throws InterruptedException {
        say(MutantTable.HEADER);
        boolean allFound = true;
        for (Mutation each : Mutation.values()) {
            MutantTable.Row row = MutantTable.search(each, draw(), seedsMax, threads);
            say(row.markdown());
            allFound &= row.found();
        }
        return allFound ? 0 : 1;
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
        if (out.checkError()) {
            throw new UncheckedIOException(new IOException("nobody reads the output"));
        }
    }
}
