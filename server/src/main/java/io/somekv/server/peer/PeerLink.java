package io.somekv.server.peer;

import io.somekv.protocol.frame.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * This node's connections to one other node, and when to try for one. Usually one: two nodes may
 * dial each other at the same moment, and then the lower node id keeps the newer connection.
 * Thread-safe.
 */
final class PeerLink {
    static final long BACKOFF_FIRST_NANOS = 100_000_000;
    static final long BACKOFF_LAST_NANOS = 2_000_000_000;
    private static final long COMPLAINT_AGE_NANOS = 3_000_000_000L;

    /** A connection that ends sooner was not wanted at the other end. */
    private static final long SETTLED_NANOS = 1_000_000_000L;

    /** A connection on which nothing came for so long is dead: something is sent each second. */
    private static final long DEAD_NANOS = 5_000_000_000L;

    /** What becomes of a connection whose handshake was good. */
    sealed interface Opening {
        /**
         * @param before the connection that it replaces
         * @param isOtherRun whether that one is of an earlier run of the node's process
         */
        record Taken(Optional<FrameConnection> before, boolean isOtherRun) implements Opening {}

        record Refused(String objection) implements Opening {}
    }

    private final long nodeId;

    /** Of the node's process, the latest run that was ever connected; 0 for none. */
    private long incarnation;

    private long life;

    private final List<FrameConnection> connections = new ArrayList<>();
    private volatile @Nullable FrameConnection current;
    private boolean dialing;
    private long backoffNanos = BACKOFF_FIRST_NANOS;
    private long nextDialNanos;

    /** What went wrong last, since when, and whether it was logged. */
    private String complaint = "";

    private long complaintSinceNanos;
    private boolean complaintLogged;

    /**
     * @param firstDialNanos not before this moment of the monotonic clock
     */
    PeerLink(long nodeId, long firstDialNanos) {
        this.nodeId = nodeId;
        this.nextDialNanos = firstDialNanos;
    }

    long nodeId() {
        return nodeId;
    }

    /** Connections on which nothing came for so long that they are dead. */
    synchronized List<FrameConnection> dead(long nowNanos) {
        return connections.stream()
                .filter(connection -> nowNanos - connection.heardNanos() >= DEAD_NANOS)
                .toList();
    }

    /** Where to send. */
    @Nullable FrameConnection current() {
        return current;
    }

    /** Whether it is time to dial; if so, nobody else is told so until the dial has ended. */
    synchronized boolean beginsDial(long nowNanos) {
        if (dialing || current != null || nowNanos - nextDialNanos < 0) {
            return false;
        }
        dialing = true;
        return true;
    }

    synchronized void dialFailed(long nowNanos) {
        dialing = false;
        nextDialNanos = nowNanos + backoffNanos;
        backoffNanos = Math.min(backoffNanos * 2, BACKOFF_LAST_NANOS);
    }

    /**
     * Takes a connection, unless another run of the node's process is connected or came later. Two
     * runs at a time are those of a data folder and of its copy, and one of them has forgotten what
     * it promised (KB-43):
     *
     * <ol>
     *   <li>the folder of node 1 is copied; then nodes 1 and 2 acknowledge a write,
     *   <li>node 2 goes down, and the copy is started as node 1,
     *   <li>the copy and node 3 elect a leader that never heard of the write.
     * </ol>
     *
     * An old connection on which nothing is heard any more does not count: a node may come back on
     * another machine while the one it ran on is without power.
     */
    synchronized Opening open(FrameConnection connection, Frame.Hello hello, long nowNanos) {
        FrameConnection before = current;
        boolean isOtherRun = hello.incarnation() != incarnation || hello.life() != life;
        if (isOtherRun && hello.incarnation() <= incarnation) {
            return new Opening.Refused(
                    "node "
                            + nodeId
                            + " was in its run "
                            + incarnation
                            + " when it was met last, and another process now says that this is run "
                            + hello.incarnation()
                            + ": it runs on a copy of the data folder, or on an old one, which has"
                            + " forgotten what the node promised since. Stop it, and start the"
                            + " node on the folder it had last");
        }
        if (isOtherRun && before != null && nowNanos - before.heardNanos() < DEAD_NANOS) {
            return new Opening.Refused(
                    "two processes say that they are node "
                            + nodeId
                            + ": stop the one that came last, and never start a copy of a data"
                            + " folder");
        }
        incarnation = hello.incarnation();
        life = hello.life();
        connections.add(connection);
        current = connection;
        dialing = false;
        return new Opening.Taken(Optional.ofNullable(before), isOtherRun);
    }

    /** Returns whether it had lasted; else the other end did not want it. */
    synchronized boolean closed(FrameConnection connection, long nowNanos) {
        connections.remove(connection);
        current = connections.isEmpty() ? null : connections.get(connections.size() - 1);
        boolean lasted = nowNanos - connection.madeNanos() >= SETTLED_NANOS;
        if (lasted) {
            backoffNanos = BACKOFF_FIRST_NANOS;
            complaint = "";
        }
        nextDialNanos = nowNanos + backoffNanos;
        if (!lasted) {
            backoffNanos = Math.min(backoffNanos * 2, BACKOFF_LAST_NANOS);
        }
        return lasted;
    }

    /**
     * Whether {@code text} is worth a line in the log: once, and only if it lasts. While a cluster
     * starts, nodes that have joined it meet some that are about to.
     */
    synchronized boolean complains(String text, long nowNanos) {
        if (!text.equals(complaint)) {
            complaint = text;
            complaintSinceNanos = nowNanos;
            complaintLogged = false;
        }
        if (complaintLogged || nowNanos - complaintSinceNanos < COMPLAINT_AGE_NANOS) {
            return false;
        }
        complaintLogged = true;
        return true;
    }
}
