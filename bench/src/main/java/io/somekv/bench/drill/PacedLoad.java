package io.somekv.bench.drill;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.server.lane.ShortSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Redis clients that read and write at a pace of their own, whatever the store does: a request that
 * had to wait for the one before counts from when it was due. They are of several kinds in turn: by
 * the keys that they use, such as those of a shard that moves, or by what client they are.
 *
 * <p>They stand for clients on machines of their own, so each is a thread that the kernel wakes
 * itself, and soon: how long one waits for a core here would tell nothing of the store.
 */
final class PacedLoad implements AutoCloseable {
    private static final int PRINTED_MAX = 5;

    /**
     * A kind of client.
     *
     * @param connect to a node, from 1
     */
    record Kind(String name, List<Bytes> keys, IntFunction<Asker> connect) {
        /** Clients that know nothing of clusters. */
        static Kind plain(String name, List<Bytes> keys, Nodes nodes) {
            return new Kind(name, keys, node -> new Asker.OfRedis(nodes, node));
        }
    }

    /** What happened between two looks at it, to one kind of client. */
    record Figures(String kind, Latencies reads, Latencies writes, AtomicLong errors) {
        private static List<Figures> none(List<Kind> kinds) {
            return kinds.stream()
                    .map(kind ->
                            new Figures(
                                    kind.name(),
                                    new Latencies(),
                                    new Latencies(),
                                    new AtomicLong()))
                    .toList();
        }

        void print(String when) {
            System.out.printf("%-15s  %-10s  reads  %s%n", when, kind, reads);
            System.out.printf("%-15s  %-10s  writes %s%n", when, kind, writes);
            System.out.printf("%-15s  %-10s  errors %d%n", when, kind, errors.get());
        }
    }

    private final int nodes;
    private final List<Kind> kinds;
    private final Bytes value;
    private final int clients;
    private final long intervalNanos;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong printed = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final long begunNanos = System.nanoTime();
    private volatile List<Figures> current;
    private volatile boolean stopped;

    /**
     * @param nodes how many there are
     * @param clients of all kinds together
     * @param perSecond requests of all clients together
     */
    PacedLoad(int nodes, List<Kind> kinds, int valueSize, int clients, int perSecond) {
        this.nodes = nodes;
        this.kinds = List.copyOf(kinds);
        this.current = Figures.none(kinds);
        this.value = Bytes.wrap(new byte[valueSize]);
        this.clients = clients;
        this.intervalNanos = 1_000_000_000L * clients / perSecond;
    }

    void start() {
        ThreadFactory factory =
                ShortSlice.of(Thread.ofPlatform().daemon(true).name("client-", 0).factory());
        for (int client = 0; client < clients; client++) {
            int number = client;
            threads.add(factory.newThread(() -> guard(number)));
        }
        threads.forEach(Thread::start);
    }

    /** A client that ends early would be one that has no errors. */
    private void guard(int client) {
        try {
            run(client);
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    /** What happened since this was asked last. */
    List<Figures> take() {
        List<Figures> figures = current;
        current = Figures.none(kinds);
        return figures;
    }

    private void run(int client) {
        Random random = new Random(client);
        int number = client % kinds.size();
        Kind kind = kinds.get(number);
        List<Bytes> keys = kind.keys();
        try (Asker asker = kind.connect().apply(client / kinds.size() % nodes + 1)) {
            long due = firstDue(client);
            while (!stopped) {
                for (long now = System.nanoTime(); now - due < 0; now = System.nanoTime()) {
                    LockSupport.parkNanos(due - now);
                }
                Bytes key = keys.get(random.nextInt(keys.size()));
                boolean isRead = random.nextBoolean();
                Outcome outcome =
                        asker.ask(isRead ? new Command.Get(key) : Command.Put.of(key, value));
                Figures figures = current.get(number);
                (isRead ? figures.reads : figures.writes).add((System.nanoTime() - due) / 1_000);
                if (!(outcome instanceof Outcome.Result)) {
                    figures.errors.incrementAndGet();
                    complain(kind, outcome);
                }
                due += intervalNanos;
            }
        }
    }

    /** One client after the other: all at once, they would wait for each other. */
    private long firstDue(int client) {
        long first = begunNanos + intervalNanos * client / clients;
        long late = Math.max(0, System.nanoTime() - first);
        return first + (late / intervalNanos + 1) * intervalNanos;
    }

    private void complain(Kind kind, Outcome outcome) {
        if (printed.incrementAndGet() <= PRINTED_MAX) {
            System.out.println("  a client (" + kind.name() + ") hears: " + outcome);
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
        Throwable ended = failure.get();
        if (ended != null) {
            throw new IllegalStateException("a client of the load ended early", ended);
        }
    }
}
