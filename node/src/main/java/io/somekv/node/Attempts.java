package io.somekv.node;

import io.somekv.raft.Now;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of the router's requests that are under way at other nodes and lanes. Each ends
 * once: by its answer, with the connection to its node, or because it takes too long.
 *
 * <p>One that was given up may be answered yet: a large value takes more than a second on a slow
 * link, and so would the next attempt at it. That answer is taken, while the request has no other.
 */
final class Attempts {
    /** So long an attempt may stay without an answer. */
    private static final long ATTEMPT_NANOS = 1_000_000_000L;

    /**
     * A large request has longer, at 8 MiB a second, and those sent after it wait along: a copy of
     * what is only slow makes everything slower, and stands in the log once more.
     */
    private static final long ATTEMPT_NANOS_A_BYTE = 120;

    /**
     * One attempt at another node or lane.
     *
     * @param nodeId this node's own where another lane of it was asked
     */
    record Attempt(Pending pending, long token, long nodeId, long endsNanos) {}

    private final Tokens tokens;

    /** In the order in which they were sent. */
    private final SequencedMap<Long, Attempt> byToken = new LinkedHashMap<>();

    /** Of those that were given up, the requests; none of them is answered. */
    private final TreeMap<Long, Pending> lateByToken = new TreeMap<>();

    Attempts(Tokens tokens) {
        this.tokens = tokens;
    }

    Attempt begin(Now now, Pending pending, long node) {
        long ends = now.nanos() + ATTEMPT_NANOS + pending.weight * ATTEMPT_NANOS_A_BYTE;
        Attempt attempt = new Attempt(pending, tokens.next(), node, ends);
        byToken.put(attempt.token(), attempt);
        return attempt;
    }

    /** The attempt with that token, which is under way no more; null where there is none. */
    @Nullable Attempt end(long token) {
        return byToken.remove(token);
    }

    /** The request of the attempt with that token, which was given up; null where there is none. */
    @Nullable Pending endLate(long token) {
        return lateByToken.remove(token);
    }

    /** Nobody waits for it any more. */
    void giveUp(Attempt attempt) {
        byToken.remove(attempt.token());
        Pending pending = attempt.pending();
        if (!pending.done) {
            lateByToken.put(attempt.token(), pending);
            pending.lateTokens.add(attempt.token());
        }
    }

    /** The request is answered. */
    void forget(Pending pending) {
        pending.lateTokens.forEach(lateByToken::remove);
    }

    /** Those that are under way at a node. */
    List<Attempt> at(long nodeId) {
        List<Attempt> found = new ArrayList<>();
        for (Attempt attempt : byToken.values()) {
            if (attempt.nodeId() == nodeId) {
                found.add(attempt);
            }
        }
        return found;
    }

    /** The oldest, where it has taken too long. Those behind a large one wait for that. */
    @Nullable Attempt nextLate(Now now) {
        if (byToken.isEmpty()) {
            return null;
        }
        Attempt oldest = byToken.firstEntry().getValue();
        return now.nanos() - oldest.endsNanos() < 0 ? null : oldest;
    }

    boolean isEmpty() {
        return byToken.isEmpty();
    }
}
