package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Plain Redis clients that read and write at a pace of their own, whatever the store does: a
 * request that had to wait for the one before counts from when it was due. Half of them use keys of
 * one kind, such as those of a shard that moves, half of another.
 */
final class PacedLoad implements AutoCloseable {
    private static final int PRINTED_MAX = 5;

    /** What happened between two looks at it, by kind of key. */
    record Figures(List<Latencies> reads, List<Latencies> writes, AtomicLong errors) {
        static Figures none() {
            return new Figures(
                    List.of(new Latencies(), new Latencies()),
                    List.of(new Latencies(), new Latencies()),
                    new AtomicLong());
        }
    }

    private final Nodes nodes;
    private final List<List<Bytes>> keysByKind;
    private final Bytes value;
    private final int clients;
    private final long intervalNanos;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong printed = new AtomicLong();
    private volatile Figures current = Figures.none();
    private volatile boolean stopped;

    /**
     * @param keysByKind two kinds of keys
     * @param perSecond requests of all clients together
     */
    PacedLoad(
            Nodes nodes, List<List<Bytes>> keysByKind, int valueSize, int clients, int perSecond) {
        this.nodes = nodes;
        this.keysByKind = List.copyOf(keysByKind);
        this.value = Bytes.wrap(new byte[valueSize]);
        this.clients = clients;
        this.intervalNanos = 1_000_000_000L * clients / perSecond;
    }

    void start() {
        for (int client = 0; client < clients; client++) {
            int number = client;
            threads.add(Thread.startVirtualThread(() -> run(number)));
        }
    }

    /** What happened since this was asked last. */
    Figures take() {
        Figures figures = current;
        current = Figures.none();
        return figures;
    }

    private void run(int client) {
        Random random = new Random(client);
        int kind = client % 2;
        List<Bytes> keys = keysByKind.get(kind);
        try (Asker asker = new Asker.OfRedis(nodes, client / 2 % nodes.count() + 1)) {
            long due = System.nanoTime() + (long) (random.nextDouble() * intervalNanos);
            while (!stopped) {
                for (long now = System.nanoTime(); now - due < 0; now = System.nanoTime()) {
                    LockSupport.parkNanos(due - now);
                }
                Bytes key = keys.get(random.nextInt(keys.size()));
                boolean isRead = random.nextBoolean();
                Outcome outcome =
                        asker.ask(isRead ? new Command.Get(key) : Command.Put.of(key, value));
                Figures figures = current;
                (isRead ? figures.reads : figures.writes)
                        .get(kind)
                        .add((System.nanoTime() - due) / 1_000);
                if (!(outcome instanceof Outcome.Result)) {
                    figures.errors.incrementAndGet();
                    complain(outcome);
                }
                due += intervalNanos;
            }
        }
    }

    private void complain(Outcome outcome) {
        if (printed.incrementAndGet() <= PRINTED_MAX) {
            System.out.println("  a client hears: " + outcome);
        }
    }

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
