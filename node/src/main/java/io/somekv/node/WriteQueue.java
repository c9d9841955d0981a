package io.somekv.node;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.BatchCodec;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.Request;
import io.somekv.raft.EntryId;
import io.somekv.raft.Now;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one group's leader on their way: gathering, proposed, appended. Each waiter hears
 * once: the outcome when its entry is applied; that nothing was executed, where its request never
 * became part of an entry; that nobody knows, where the leadership ends between the two.
 */
final class WriteQueue {
    /** Requests in one entry. */
    private static final int BATCH_REQUESTS_MAX = 4096;

    /** Weight of one entry's requests, exceeded only by a single larger one. */
    private static final long BATCH_BYTES_MAX = 4 << 20;

    /** Weight of what waits for its turn; past it: Busy. */
    static final long GATHERED_BYTES_MAX = 64L << 20;

    /** A batch in the log; {@code waiters} has one for each request. */
    record InFlight(EntryId id, List<Request> requests, List<Waiter> waiters) {}

    private record Gathered(Request request, long weight, Waiter waiter) {}

    private final ArrayDeque<Gathered> gathered = new ArrayDeque<>();
    private long gatheredBytes;

    /** Proposed and not yet answered by the core; it answers before the next proposal. */
    private @Nullable InFlight proposed;

    private long proposedToken;

    /** Appended, ascending by the order of appending. */
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();

    /** False where there is no room. */
    boolean add(Request request, Waiter waiter) {
        long weight = Weights.of(request);
        if (gatheredBytes + weight > GATHERED_BYTES_MAX) {
            return false;
        }
        gatheredBytes += weight;
        return gathered.add(new Gathered(request, weight, waiter));
    }

    boolean hasGathered() {
        return !gathered.isEmpty() && proposed == null;
    }

    /** Nobody waits here, and nothing is accounted for. */
    boolean isIdle() {
        return gathered.isEmpty() && gatheredBytes == 0 && proposed == null && inFlight.isEmpty();
    }

    /** Turns what gathered, or as much of it as fits, into one entry's payload. */
    Bytes propose(long token) {
        List<Request> requests = new ArrayList<>();
        List<Waiter> waiters = new ArrayList<>();
        long bytes = 0;
        while (!gathered.isEmpty() && requests.size() < BATCH_REQUESTS_MAX) {
            bytes += gathered.getFirst().weight();
            if (bytes > BATCH_BYTES_MAX && !requests.isEmpty()) {
                break;
            }
            Gathered next = gathered.removeFirst();
            gatheredBytes -= next.weight();
            requests.add(next.request());
            waiters.add(next.waiter());
        }
        proposed = new InFlight(EntryId.ZERO, requests, waiters);
        proposedToken = token;
        return BatchCodec.encode(requests);
    }

    /** False where {@code token} is not a batch of this queue. */
    boolean appended(long token, EntryId id) {
        InFlight batch = takeProposed(token);
        if (batch == null) {
            return false;
        }
        inFlight.addLast(new InFlight(id, batch.requests(), batch.waiters()));
        return true;
    }

    /** False where {@code token} is not a batch of this queue. */
    boolean refused(Now now, long token, Outcome outcome, long logTime) {
        InFlight batch = takeProposed(token);
        if (batch == null) {
            return false;
        }
        batch.waiters().forEach(waiter -> waiter.done(now, outcome, logTime));
        return true;
    }

    private @Nullable InFlight takeProposed(long token) {
        InFlight batch = token == proposedToken ? proposed : null;
        if (batch != null) {
            proposed = null;
        }
        return batch;
    }

    /** The batch that was appended as {@code applied}, if it was one of ours. */
    Optional<InFlight> takeApplied(EntryId applied) {
        boolean isOurs = !inFlight.isEmpty() && inFlight.getFirst().id().equals(applied);
        return isOurs ? Optional.of(inFlight.removeFirst()) : Optional.empty();
    }

    /**
     * This replica leads no more. What was appended may yet be committed by another leader, and
     * nobody here will know in time; what only gathered was not executed and never will be.
     *
     * @param refusal for what only gathered
     */
    void abandon(Now now, Outcome refusal) {
        List<InFlight> lost = List.copyOf(inFlight);
        List<Gathered> unsent = List.copyOf(gathered);
        inFlight.clear();
        gathered.clear();
        gatheredBytes = 0;
        Outcome unknown = new Outcome.Unknown("leader changed");
        for (InFlight batch : lost) {
            batch.waiters().forEach(waiter -> waiter.done(now, unknown, 0));
        }
        unsent.forEach(write -> write.waiter().done(now, refusal, 0));
    }
}
