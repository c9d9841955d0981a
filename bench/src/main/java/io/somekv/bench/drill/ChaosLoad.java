package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.AppendHistory;
import io.somekv.sim.check.History;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Clients that use the same few keys, half of them the store's own and half plain Redis clients,
 * each asking one thing at a time with a short rest behind it. No value is written twice, so that a
 * read tells which write it shows.
 */
final class ChaosLoad implements AutoCloseable {
    private static final int REST_MILLIS_MAX = 40;

    /** Shorter than many of the faults, and longer: both kinds of patience are to be seen. */
    private static final List<Long> LIFETIMES_MILLIS = List.of(3_000L, 20_000L);

    private final Nodes nodes;
    private final Recorder recorder;
    private final KeyPool keys;
    private final Findings findings;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    ChaosLoad(Nodes nodes, Recorder recorder, KeyPool keys, Findings findings) {
        this.nodes = nodes;
        this.recorder = recorder;
        this.keys = keys;
        this.findings = findings;
    }

    void start(int clients, long seed) {
        for (int client = 0; client < clients; client++) {
            int number = client;
            Random random = new Random(seed + 31L * client);
            threads.add(Thread.startVirtualThread(() -> run(number, random)));
        }
    }

    private void run(int client, Random random) {
        try (Asker asker = asker(client)) {
            for (int i = 0; !stopped; i++) {
                KeyPool.Key key = keys.draw(random);
                Command command = command(key, random, client + "." + i + AppendHistory.END);
                History.Call call = recorder.call(client, key.name(), command);
                Outcome outcome = asker.ask(command);
                if (outcome instanceof Outcome.BelowFloor || outcome instanceof Outcome.Invalid) {
                    throw new IllegalStateException(command + " was answered " + outcome);
                }
                if (!recorder.returned(client, call, outcome) && command instanceof Command.Write) {
                    keys.onUnknown(key);
                }
                TimeUnit.MILLISECONDS.sleep(random.nextInt(REST_MILLIS_MAX));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a drill", e);
        } catch (RuntimeException e) {
            findings.add("client " + client + " cannot go on: " + e);
        }
    }

    private Asker asker(int client) {
        int half = client / 2;
        return client % 2 == 0
                ? new Asker.OfJava(nodes, LIFETIMES_MILLIS.get(half % LIFETIMES_MILLIS.size()))
                : new Asker.OfRedis(nodes, half % nodes.count() + 1);
    }

    private static Command command(KeyPool.Key key, Random random, String unique) {
        Bytes name = key.name();
        Bytes value = Bytes.utf8(unique);
        int draw = random.nextInt(100);
        if (key.isLog()) {
            return draw < 50 ? new Command.Append(name, value) : new Command.Get(name);
        } else if (draw < 40) {
            return new Command.Get(name);
        } else if (draw < 65) {
            return Command.Put.of(name, value);
        } else if (draw < 88) {
            return new Command.Append(name, value);
        }
        return new Command.Delete(List.of(name));
    }

    /** Asks no more, and waits until each client has heard of what it asked last. */
    @Override
    public void close() {
        stopped = true;
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a drill", e);
        }
    }
}
