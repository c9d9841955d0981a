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
 * The writes of one group's leader on their way: gathering, proposed, appended. A write whose entry
 * was overwritten by another leader's is told so once an entry of another term is applied at its
 * index; until then nobody knows.
 */
final class WriteQueue {
    /** Requests in one entry. */
    private static final int BATCH_REQUESTS_MAX = 4096;

    private static final long BATCH_BYTES_MAX = 4 << 20;

    /** Requests and bytes that wait for their turn; past either: Busy. */
    private static final int GATHERED_MAX = 1 << 16;

    private static final long GATHERED_BYTES_MAX = 64L << 20;

    /** A batch in the log; {@code waiters} has one for each request. */
    record InFlight(EntryId id, List<Request> requests, List<Waiter> waiters) {}

    private record Gathered(Request request, Waiter waiter) {}

    private final ArrayDeque<Gathered> gathered = new ArrayDeque<>();
    private long gatheredBytes;

    /** Proposed and not yet answered by the core; it answers before the next proposal. */
    private @Nullable InFlight proposed;

    private long proposedToken;

    /** Appended, ascending by the order of appending. */
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();

    boolean add(Request request, Waiter waiter) {
        if (gathered.size() >= GATHERED_MAX || gatheredBytes >= GATHERED_BYTES_MAX) {
            return false;
        }
        gatheredBytes += RequestCheck.weight(request);
        return gathered.add(new Gathered(request, waiter));
    }

    boolean hasGathered() {
        return !gathered.isEmpty() && proposed == null;
    }

    /** Turns what gathered, or as much of it as fits, into one entry's payload. */
    Bytes propose(long token) {
        List<Request> requests = new ArrayList<>();
        List<Waiter> waiters = new ArrayList<>();
        long bytes = 0;
        while (!gathered.isEmpty()
                && requests.size() < BATCH_REQUESTS_MAX
                && bytes < BATCH_BYTES_MAX) {
            Gathered next = gathered.removeFirst();
            int weight = RequestCheck.weight(next.request());
            bytes += weight;
            gatheredBytes -= weight;
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

    /**
     * The batch that was appended as {@code applied}, if it was one of ours. Batches that were to
     * stand at its index or before, under another term, are void: their waiters are told.
     */
    Optional<InFlight> takeApplied(Now now, EntryId applied, long logTime) {
        while (!inFlight.isEmpty() && inFlight.getFirst().id().index() <= applied.index()) {
            InFlight batch = inFlight.removeFirst();
            if (batch.id().equals(applied)) {
                return Optional.of(batch);
            }
            batch.waiters().forEach(waiter -> waiter.done(now, new Outcome.NotLeader(0), logTime));
        }
        return Optional.empty();
    }

    /**
     * This replica leads no more: what was appended may yet be committed by another leader, and
     * nobody here will know in time.
     */
    void abandon(Now now) {
        List<InFlight> lost = List.copyOf(inFlight);
        inFlight.clear();
        for (InFlight batch : lost) {
            batch.waiters()
                    .forEach(waiter -> waiter.done(now, new Outcome.Unknown("leader changed"), 0));
        }
    }
}
