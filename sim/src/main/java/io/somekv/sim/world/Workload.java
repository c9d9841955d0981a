package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import io.somekv.sim.check.History;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Clients at work on a few {@link Subject}s. */
public final class Workload {
    private static final int DEPTH_MAX = 4;

    /** Longer than a follower needs to find out that it is cut off. */
    private static final long AGE_MILLIS_MAX = 5_000;

    /** Of one subject; then it is only read, so that its history can be judged. */
    private static final int UNKNOWN_WRITES_MAX = 8;

    /** In place of a worker's number. */
    private static final int LAST_READ = 0;

    private final World world;
    private final History history;
    private final List<Subject> subjects;
    private final List<Worker> workers = new ArrayList<>();
    private boolean stopped;
    private int outstanding;

    Workload(World world, History history) {
        this.world = world;
        this.history = history;
        this.subjects = Subject.of(world.scenario());
    }

    List<Subject> subjects() {
        return subjects;
    }

    void add(Client client) {
        workers.add(new Worker(client, workers.size() + 1));
    }

    void start() {
        workers.forEach(Worker::start);
    }

    /** No new requests; those under way go on. */
    void stop() {
        stopped = true;
    }

    boolean isIdle() {
        return outstanding == 0;
    }

    /** One more read of everything, through {@code client}, each as often as it takes. */
    void readAll(Client client) {
        for (Subject subject : subjects) {
            Wish wish = new Wish(subject, CommandSource.get(subject), ReadMode.LEADER);
            ask(client, LAST_READ, wish, () -> {});
        }
    }

    private record Wish(Subject subject, Command command, ReadMode mode) {
        /** What a clock that runs slow counts as the age asked for, at most. */
        long trueAgeMillisMax(int driftPermilleMax) {
            long age = mode.ageMillisMax();
            return age == 0 ? 0 : 1 + age * 1000 / (1000 - driftPermilleMax);
        }
    }

    private void ask(Client client, int number, Wish wish, Runnable then) {
        outstanding++;
        Command command = wish.command();
        long ageMillisMax = wish.trueAgeMillisMax(world.scenario().clocks().driftPermilleMax());
        History.Call call = history.call(number, wish.subject().name(), command, ageMillisMax);
        client.execute(
                command,
                wish.mode(),
                outcome -> {
                    outstanding--;
                    call.returned(outcome);
                    world.trace()
                            .event(
                                    Trace.Kind.CLIENT,
                                    Trace.CLIENTS_FROM + number,
                                    outcome.getClass().getSimpleName().length(),
                                    () -> command + " → " + outcome);
                    boolean isLastRead = number == LAST_READ;
                    if (isLastRead && !(outcome instanceof Outcome.Result)) {
                        ask(client, number, wish, then);
                    } else {
                        then.run();
                    }
                });
    }

    /** One client with some requests under way at a time. */
    private final class Worker {
        private final Client client;
        private final int number;
        private final SplittableRandom random = world.fork();
        private final CommandSource commands;
        private final int depth = random.nextBoolean() ? 1 : 1 + random.nextInt(DEPTH_MAX);
        private final long thinkNanos = thinkNanos();

        Worker(Client client, int number) {
            this.client = client;
            this.number = number;
            this.commands = new CommandSource(number, random, world::trueMillis);
        }

        private long thinkNanos() {
            return (5 + random.nextLong(world.scenario().thinkMillisMax())) * MILLISECOND;
        }

        void start() {
            for (int i = 0; i < depth; i++) {
                think();
            }
        }

        private void think() {
            world.timeline().after(random.nextLong(2 * thinkNanos), this::work);
        }

        private void work() {
            if (!stopped) {
                Subject subject = subjects.get(random.nextInt(subjects.size()));
                boolean isClear = history.unknownOf(subject.name()) < UNKNOWN_WRITES_MAX;
                Command next = commands.next(subject);
                Command command = isClear ? next : CommandSource.get(subject);
                ask(client, number, new Wish(subject, command, readMode(command)), this::think);
            }
        }

        private ReadMode readMode(Command command) {
            int dice = command instanceof Command.Read ? random.nextInt(8) : 0;
            return switch (dice) {
                case 1, 2, 3 -> ReadMode.LOCAL;
                case 4 -> ReadMode.stale(1 + random.nextLong(AGE_MILLIS_MAX));
                default -> ReadMode.LEADER;
            };
        }
    }
}
