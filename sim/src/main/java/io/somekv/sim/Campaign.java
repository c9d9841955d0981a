package io.somekv.sim;

import io.somekv.base.Mutation;
import io.somekv.sim.world.MoveCounts;
import io.somekv.sim.world.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Many seeds, one after the other, until one fails or the limit is reached. Each run has a thread
 * to itself and shares nothing; threads are only here, outside of the runs.
 */
public final class Campaign {
    /**
     * What to run.
     *
     * @param first the first seed; the others count up from it
     * @param runsMax how many
     * @param nanosMax no run begins later than this after the start
     */
    public record Plan(
            long first,
            long runsMax,
            long nanosMax,
            int threads,
            Scenario.Draw draw,
            Set<Mutation> mutations) {}

    /**
     * What came of it.
     *
     * @param failure the failed run with the smallest seed
     */
    public record Summary(
            long runs,
            long simulatedNanos,
            long wallNanos,
            long known,
            long unknown,
            MoveCounts moves,
            Optional<RunResult> failure) {
        public double runsPerSecond() {
            return runs / (wallNanos / 1e9);
        }

        public double simulatedHours() {
            return simulatedNanos / 3.6e12;
        }
    }

    private final Plan plan;
    private final Consumer<Summary> progress;
    private final long startNanos = System.nanoTime();
    private final AtomicLong nextSeed;
    private final AtomicBoolean failed = new AtomicBoolean();
    private long runs;
    private long simulatedNanos;
    private long known;
    private long unknown;
    private MoveCounts moves = MoveCounts.NONE;
    private Optional<RunResult> failure = Optional.empty();

    private Campaign(Plan plan, Consumer<Summary> progress) {
        this.plan = plan;
        this.progress = progress;
        this.nextSeed = new AtomicLong(plan.first());
    }

    /**
     * Runs the plan.
     *
     * @param progress told of every run that ends, by one thread at a time
     */
    public static Summary run(Plan plan, Consumer<Summary> progress) throws InterruptedException {
        Campaign campaign = new Campaign(plan, progress);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < plan.threads(); i++) {
            threads.add(Thread.ofPlatform().name("sim-" + i).start(campaign::work));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return campaign.summary();
    }

    /** Seeds are handed out in order, so that no smaller one is left out when one has failed. */
    private void work() {
        while (!failed.get() && System.nanoTime() - startNanos < plan.nanosMax()) {
            long seed = nextSeed.getAndIncrement();
            if (seed - plan.first() >= plan.runsMax()) {
                return;
            }
            ended(Simulation.run(seed, plan.draw(), plan.mutations(), Optional.empty()));
        }
    }

    private synchronized void ended(RunResult result) {
        runs++;
        simulatedNanos += result.nanos();
        known += result.known();
        unknown += result.unknown();
        moves = moves.plus(result.moves());
        if (!result.isGood()) {
            failed.set(true);
            if (failure.isEmpty() || result.seed() < failure.get().seed()) {
                failure = Optional.of(result);
            }
        }
        progress.accept(summary());
    }

    private synchronized Summary summary() {
        long wallNanos = Math.max(1, System.nanoTime() - startNanos);
        return new Summary(runs, simulatedNanos, wallNanos, known, unknown, moves, failure);
    }
}
