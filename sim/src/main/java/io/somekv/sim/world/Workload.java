package io.somekv.sim.world;

import static io.somekv.sim.world.Timeline.MILLISECOND;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.AppendHistory;
import io.somekv.sim.check.History;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Clients at work on a few keys. Half of the keys take every command; the others are only appended
 * to and read, so that their last value tells what was executed and how often.
 */
public final class Workload {
    private static final int DEPTH_MAX = 4;

    private final World world;
    private final History history;
    private final List<Bytes> keys = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private boolean stopped;
    private int outstanding;

    Workload(World world, History history) {
        this.world = world;
        this.history = history;
        for (int i = 0; i < world.scenario().keys(); i++) {
            keys.add(Bytes.utf8((i % 2 == 0 ? "any" : "log") + i));
        }
    }

    /** Whether this key is only appended to and read. */
    public static boolean isAppendOnly(Bytes key) {
        return key.at(0) == 'l';
    }

    List<Bytes> keys() {
        return keys;
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

    /** One more read of every key, through {@code client}. */
    void readAll(Client client) {
        for (Bytes key : keys) {
            ask(client, 0, key, new Command.Get(key), () -> {});
        }
    }

    private void ask(Client client, int number, Bytes key, Command command, Runnable then) {
        outstanding++;
        History.Call call = history.call(number, key, command);
        client.execute(
                command,
                outcome -> {
                    outstanding--;
                    call.returned(outcome);
                    world.trace()
                            .event(
                                    Trace.Kind.CLIENT,
                                    Trace.CLIENTS_FROM + number,
                                    outcome.getClass().getSimpleName().length(),
                                    () -> command + " → " + outcome);
                    boolean retry = number == 0 && outcome instanceof Outcome.NotExecuted;
                    if (retry) {
                        ask(client, number, key, command, then);
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
        private final int depth = random.nextBoolean() ? 1 : 1 + random.nextInt(DEPTH_MAX);
        private final long thinkNanos = (5 + random.nextLong(400)) * MILLISECOND;
        private long asked;

        Worker(Client client, int number) {
            this.client = client;
            this.number = number;
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
                Bytes key = keys.get(random.nextInt(keys.size()));
                ask(client, number, key, command(key), this::think);
            }
        }

        private Command command(Bytes key) {
            String unique = number + "." + ++asked;
            Bytes suffix = Bytes.utf8(unique + AppendHistory.END);
            if (random.nextInt(3) == 0) {
                return new Command.Get(key);
            }
            if (isAppendOnly(key)) {
                return new Command.Append(key, suffix);
            }
            return switch (random.nextInt(8)) {
                case 0 -> new Command.Append(key, suffix);
                case 1 -> new Command.Delete(List.of(key));
                case 2 ->
                        new Command.Put(
                                key,
                                Bytes.utf8(unique),
                                Command.Condition.IF_ABSENT,
                                Command.Expiry.NONE,
                                false);
                case 3 ->
                        new Command.Put(
                                key,
                                Bytes.utf8(unique),
                                Command.Condition.ALWAYS,
                                Command.Expiry.NONE,
                                true);
                case 4 -> new Command.Increment(key, 1 + random.nextInt(9));
                case 5 -> Command.Put.of(key, Bytes.utf8(String.valueOf(random.nextInt(1000))));
                default -> Command.Put.of(key, Bytes.utf8(unique));
            };
        }
    }
}
