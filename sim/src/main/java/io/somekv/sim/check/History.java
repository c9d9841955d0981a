package io.somekv.sim.check;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything clients asked and heard, in the order in which it happened, by key: keys are
 * independent objects, and a history is linearizable if that of each of its objects is (Herlihy and
 * Wing 1990, theorem 1).
 */
public final class History {
    private final TreeMap<Bytes, List<Operation>> byKey = new TreeMap<>();
    private long position;
    private int known;
    private int unknown;

    /** An operation under way. */
    public final class Call {
        private final int client;
        private final Bytes key;
        private final Command command;
        private final long called = ++position;
        private boolean ended;

        private Call(int client, Bytes key, Command command) {
            this.client = client;
            this.key = key;
            this.command = command;
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
                    end(Optional.of(result), ++position);
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
            end(Optional.empty(), Operation.NEVER);
        }

        public boolean ended() {
            return ended;
        }

        private void end(Optional<Outcome> outcome, long returned) {
            ended = true;
            byKey.computeIfAbsent(key, _ -> new ArrayList<>())
                    .add(new Operation(client, key, command, called, returned, outcome));
        }
    }

    public Call call(int client, Bytes key, Command command) {
        return new Call(client, key, command);
    }

    /** All operations that ended, by key. */
    public SortedMap<Bytes, List<Operation>> byKey() {
        return byKey;
    }

    /** Operations whose outcome their client heard. */
    public int known() {
        return known;
    }

    /** Writes whose outcome nobody ever heard. */
    public int unknown() {
        return unknown;
    }
}
