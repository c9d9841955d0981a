package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Everything clients asked and heard, in the order in which it happened, by object: a key, or the
 * keys that some command names together. A history is linearizable if that of each of its objects
 * is (Herlihy and Wing 1990, theorem 1).
 */
public final class History {
    private final LongSupplier clockMillis;
    private final TreeMap<Bytes, List<Operation>> byObject = new TreeMap<>();
    private final TreeMap<Bytes, Integer> unknownByObject = new TreeMap<>();

    /** The last one counted in each millisecond. */
    private final TreeMap<Long, Long> positionByMillis = new TreeMap<>();

    private long position;
    private int known;
    private int unknown;
    private long longestWaitMillis;

    /**
     * @param clockMillis true time, in milliseconds since 1970
     */
    public History(LongSupplier clockMillis) {
        this.clockMillis = clockMillis;
    }

    /** An operation under way. */
    public final class Call {
        private final int client;
        private final Bytes object;
        private final Command command;
        private final long called;
        private final long calledMillis;
        private final long askedMillis = clockMillis.getAsLong();
        private boolean ended;

        private Call(int client, Bytes object, Command command, long ageMillisMax) {
            this.client = client;
            this.object = object;
            this.command = command;
            this.calledMillis = clockMillis.getAsLong() - ageMillisMax;
            this.called = ageMillisMax == 0 ? next() : positionAt(calledMillis);
        }

        /**
         * The client heard {@code outcome}. One that says that nothing was executed takes the
         * operation out of the history: should it have had an effect all the same, then nothing in
         * the history explains that effect.
         */
        public void returned(Outcome outcome) {
            switch (outcome) {
                case Outcome.Result result -> {
                    known++;
                    waited(clockMillis.getAsLong() - askedMillis);
                    end(Optional.of(result), next());
                }
                case Outcome.NotExecuted _ -> ended = true;
                case Outcome.BelowFloor _, Outcome.Unknown _ -> lost();
            }
        }

        /** The client will never know. */
        public void lost() {
            // A read that nobody heard the answer of says nothing.
            if (command instanceof Command.Read) {
                ended = true;
                return;
            }
            unknown++;
            unknownByObject.merge(object, 1, Integer::sum);
            end(Optional.empty(), Operation.NEVER);
        }

        public boolean ended() {
            return ended;
        }

        private void end(Optional<Outcome> outcome, long returned) {
            ended = true;
            byObject.computeIfAbsent(object, _ -> new ArrayList<>())
                    .add(
                            new Operation(
                                    client,
                                    object,
                                    command,
                                    called,
                                    calledMillis,
                                    returned,
                                    clockMillis.getAsLong(),
                                    outcome));
        }
    }

    public Call call(int client, Bytes object, Command command) {
        return new Call(client, object, command, 0);
    }

    /**
     * As above, for a read that may see an older state: to be judged as if it had been called so
     * much earlier.
     */
    public Call call(int client, Bytes object, Command command, long ageMillisMax) {
        return new Call(client, object, command, ageMillisMax);
    }

    private long next() {
        positionByMillis.put(clockMillis.getAsLong(), ++position);
        return position;
    }

    /** The last one that had been counted then. */
    private long positionAt(long millis) {
        Map.Entry<Long, Long> last = positionByMillis.lowerEntry(millis);
        return last == null ? 0 : last.getValue();
    }

    /** All operations on an object that ended. */
    public List<Operation> of(Bytes object) {
        return byObject.getOrDefault(object, List.of());
    }

    /** Writes of an object whose outcome nobody heard: each doubles what a checker must try. */
    public int unknownOf(Bytes object) {
        return unknownByObject.getOrDefault(object, 0);
    }

    /** Operations whose outcome their client heard. */
    public int known() {
        return known;
    }

    /** Operations whose outcome their client heard at such a time, in milliseconds since 1970. */
    public long knownBetween(long fromMillis, long toMillis) {
        return byObject.values().stream()
                .flatMap(List::stream)
                .filter(Operation::known)
                .filter(operation -> operation.returnedMillis() >= fromMillis)
                .filter(operation -> operation.returnedMillis() < toMillis)
                .count();
    }

    private void waited(long millis) {
        longestWaitMillis = Math.max(longestWaitMillis, millis);
    }

    /** From a request to its answer, by true time. */
    public long longestWaitMillis() {
        return longestWaitMillis;
    }

    /** Writes whose outcome nobody ever heard. */
    public int unknown() {
        return unknown;
    }
}
