package io.somekv.client;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives {@link ClientCore} sockets, a clock and a thread: one daemon thread that runs the core and
 * does all input and output, so that the core needs no lock. Only names are looked up elsewhere.
 */
final class Transport {
    private static final Logger LOG = LoggerFactory.getLogger(Transport.class);
    private static final long SELECT_MAX_MILLIS = 100;

    private final Selector selector;
    private final ClientCore core;
    private final Lookup.Names names;

    /** By endpoint. */
    private final TreeMap<Integer, NodeConnection> connections = new TreeMap<>();

    private final Map<Long, Asked> asked = new HashMap<>();
    private final ConcurrentLinkedQueue<Asked> submitted = new ConcurrentLinkedQueue<>();
    private final long startNanos = System.nanoTime();
    private final Thread thread;
    private volatile boolean closing;
    private long nextToken;

    private record Asked(Command command, ReadMode mode, CompletableFuture<Outcome> answer) {}

    private Transport(
            Selector selector,
            List<InetSocketAddress> nodes,
            Lookup.Names names,
            ClientSettings settings) {
        this.selector = selector;
        this.names = names;
        // The nonce is the client's identity at the shard master: no two clients may draw the same.
        SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
        List<NodeAddress> given =
                nodes.stream()
                        .map(node -> new NodeAddress(node.getHostString(), node.getPort()))
                        .toList();
        core = new ClientCore(given, settings, random);
        for (int i = 0; i < given.size(); i++) {
            open(i, given.get(i), true);
        }
        thread = new Thread(this::run, "somekv-client");
        thread.setDaemon(true);
    }

    static Transport start(List<InetSocketAddress> nodes, ClientSettings settings) {
        return start(nodes, InetAddress::getByName, settings);
    }

    static Transport start(
            List<InetSocketAddress> nodes, Lookup.Names names, ClientSettings settings) {
        try {
            Transport transport = new Transport(Selector.open(), nodes, names, settings);
            transport.thread.start();
            return transport;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void open(int endpoint, NodeAddress address, boolean isGiven) {
        NodeConnection.Rim rim = new NodeConnection.Rim(names, selector, core);
        connections.put(endpoint, new NodeConnection(endpoint, address, isGiven, rim));
    }

    CompletableFuture<Outcome> request(Command command, ReadMode mode) {
        Asked request = new Asked(command, mode, new Answer<>(thread));
        submitted.add(request);
        if (closing) {
            end(request);
        }
        selector.wakeup();
        return request.answer;
    }

    /**
     * Refused on the thread that brings the answers; before a request is made that is waited for.
     */
    void checkMayWait() {
        Answer.checkMayWait(thread);
    }

    /** On its own thread, in a callback, it ends once that is done. */
    void close() {
        closing = true;
        selector.wakeup();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (selector) {
            while (!closing) {
                turn();
            }
        } catch (IOException e) {
            LOG.error("the client stops: its selector failed", e);
        } finally {
            closing = true;
            connections.values().forEach(NodeConnection::close);
            asked.values().forEach(Transport::end);
            submitted.forEach(Transport::end);
        }
    }

    private void turn() throws IOException {
        long now = nowMillis();
        for (NodeConnection connection : connections.values()) {
            connection.maybeConnect(now);
        }
        long untilWakeUp = Math.max(1, core.nextWakeUpMillis() - now);
        if (submitted.isEmpty()) {
            selector.select(Math.min(SELECT_MAX_MILLIS, untilWakeUp));
        } else {
            selector.selectNow();
        }
        now = nowMillis();
        for (SelectionKey key : selector.selectedKeys()) {
            ((NodeConnection) key.attachment()).onReady(now);
        }
        selector.selectedKeys().clear();
        takeSubmitted(now);
        core.onTime(now);
        perform(core.drain());
        for (NodeConnection connection : connections.values()) {
            connection.flush(now);
        }
    }

    private void takeSubmitted(long now) {
        Asked request = submitted.poll();
        while (request != null) {
            long token = nextToken++;
            asked.put(token, request);
            core.request(token, request.command, request.mode, now);
            request = submitted.poll();
        }
    }

    /** Java 17 has no switch over the kinds of a sealed type. */
    private void perform(List<ClientEffect> effects) {
        for (ClientEffect effect : effects) {
            if (effect instanceof ClientEffect.Send send) {
                NodeConnection connection = connections.get(send.endpoint());
                if (connection != null) {
                    connection.enqueue(send.frame());
                }
            } else if (effect instanceof ClientEffect.Open open) {
                open(open.endpoint(), open.address(), false);
            } else if (effect instanceof ClientEffect.Close close) {
                NodeConnection connection = connections.remove(close.endpoint());
                if (connection != null) {
                    connection.close();
                }
            } else if (effect instanceof ClientEffect.Completed completed) {
                Asked request = asked.remove(completed.token());
                if (request != null) {
                    request.answer.complete(completed.outcome());
                }
            } else if (effect instanceof ClientEffect.Unreached unreached) {
                Asked request = asked.remove(unreached.token());
                if (request != null) {
                    request.answer.completeExceptionally(
                            new SomeKvException.Unreachable(troubles()));
                }
            }
        }
    }

    private String troubles() {
        return connections.values().stream()
                .map(NodeConnection::trouble)
                .collect(Collectors.joining("; "));
    }

    private static void end(Asked request) {
        request.answer.complete(
                request.command instanceof Command.Write
                        ? new Outcome.Unknown("the client was closed")
                        : new Outcome.NotLeader(0));
    }

    private long nowMillis() {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }
}
