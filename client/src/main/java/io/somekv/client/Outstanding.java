package io.somekv.client;

import io.somekv.base.Invariant;
import io.somekv.protocol.command.Command;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The requests that have no answer yet, in the order in which they were asked, and by the time at
 * which something is to be done about them: each has such a time once it was sent or waits.
 */
final class Outstanding {
    private final Map<Long, PendingRequest> byCallToken = new LinkedHashMap<>();
    private final TreeSet<WakeUp> wakeUps = new TreeSet<>();
    private final long lifetimeMillis;
    private long nextCallToken = 1;

    /**
     * @param lifetimeMillis from asking to giving up
     */
    Outstanding(long lifetimeMillis) {
        this.lifetimeMillis = lifetimeMillis;
    }

    private record WakeUp(long atMillis, long callToken) implements Comparable<WakeUp> {
        @Override
        public int compareTo(WakeUp other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : Long.compare(callToken, other.callToken);
        }
    }

    int size() {
        return byCallToken.size();
    }

    /** As they are now: what is done about one may add another. */
    List<PendingRequest> all() {
        return List.copyOf(byCallToken.values());
    }

    @Nullable PendingRequest find(long callToken) {
        return byCallToken.get(callToken);
    }

    /**
     * @param token the caller's; empty for what the core asks for itself
     */
    PendingRequest add(Optional<Long> token, Command command, long nowMillis) {
        long giveUpAt = nowMillis + lifetimeMillis;
        PendingRequest request =
                new PendingRequest(nextCallToken++, token, command, nowMillis, giveUpAt);
        byCallToken.put(request.callToken, request);
        return request;
    }

    void remove(PendingRequest request) {
        wakeUps.remove(wakeUpOf(request));
        byCallToken.remove(request.callToken);
    }

    void wakeAt(PendingRequest request, long atMillis) {
        wakeUps.remove(wakeUpOf(request));
        request.wakeAtMillis = Math.min(atMillis, request.giveUpAtMillis);
        wakeUps.add(wakeUpOf(request));
    }

    /** Later, where that would be earlier. */
    void wakeNotBefore(PendingRequest request, long atMillis) {
        wakeAt(request, Math.max(request.wakeAtMillis, atMillis));
    }

    private static WakeUp wakeUpOf(PendingRequest request) {
        return new WakeUp(request.wakeAtMillis, request.callToken);
    }

    /** The one that waits for the earliest time, if that has come. */
    @Nullable PendingRequest due(long nowMillis) {
        if (nextWakeUpMillis() > nowMillis) {
            return null;
        }
        PendingRequest request = byCallToken.get(wakeUps.first().callToken);
        Invariant.check(request != null, "a wake-up is for something");
        return request;
    }

    /** {@code Long.MAX_VALUE} for never. */
    long nextWakeUpMillis() {
        return wakeUps.isEmpty() ? Long.MAX_VALUE : wakeUps.first().atMillis;
    }
}
