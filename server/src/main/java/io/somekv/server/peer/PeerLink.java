package io.somekv.server.peer;

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

    private final long nodeId;
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

    /** A connection whose handshake is done; returns the one it replaces. */
    synchronized Optional<FrameConnection> opened(FrameConnection connection) {
        FrameConnection before = current;
        connections.add(connection);
        current = connection;
        dialing = false;
        backoffNanos = BACKOFF_FIRST_NANOS;
        complaint = "";
        return Optional.ofNullable(before);
    }

    synchronized void closed(FrameConnection connection, long nowNanos) {
        connections.remove(connection);
        current = connections.isEmpty() ? null : connections.get(connections.size() - 1);
        nextDialNanos = nowNanos + backoffNanos;
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
